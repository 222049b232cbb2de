import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { partFolder, publish } from '../src/main/engine/renditions/store.ts';

let folder = '';
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'proofsheet-store-')); });
afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

const thumb = (): string => join(folder, 'ab', 'ab.thumb.jpg');
const zoom = (): string => join(folder, 'cd', 'cd.zoom.jpg');
const parts = (): string[] => readdirSync(partFolder(folder));
const publishBoth = (): Promise<void> => publish(folder, [{ path: thumb(), bytes: Uint8Array.of(1, 2, 3) }, { path: zoom(), bytes: new Uint8Array(500_000).fill(7) }]);

describe('publishing files', () => {
  test('makes the folders that are missing, writes everything whole and leaves no part behind', async () => {
    await publishBoth();
    expect([...readFileSync(thumb())]).toEqual([1, 2, 3]);
    expect(readFileSync(zoom()).equals(Buffer.alloc(500_000, 7))).toBe(true);
    expect(parts()).toEqual([]);
  });

  test('takes the place of what is there', async () => {
    mkdirSync(join(folder, 'ab'));
    writeFileSync(thumb(), 'older and longer');
    await publishBoth();
    expect([...readFileSync(thumb())]).toEqual([1, 2, 3]);
  });

  test('gives the last file its name only when the others have theirs', async () => {
    writeFileSync(join(folder, 'ab'), 'a file where the first folder should be');
    await expect(publishBoth()).rejects.toMatchObject({ code: expect.stringMatching(/ENOTDIR|EEXIST|ENOENT/) as string });
    expect(existsSync(zoom())).toBe(false);
    expect(parts()).toEqual([]);
  });

  test('leaves nothing where nothing can be written', async () => {
    writeFileSync(partFolder(folder), 'a file where the parts should be');
    await expect(publishBoth()).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['.part']);
  });
});
