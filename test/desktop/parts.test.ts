import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locate } from '../../src/main/desktop/locations.ts';
import { pathsToOpen } from '../../src/main/desktop/open-paths.ts';
import { loadWindowState, saveWindowState, visibleBounds } from '../../src/main/desktop/window-state.ts';

let folder: string;
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'proofsheet-desktop-')); });
afterEach(async () => rm(folder, { recursive: true, force: true }));

describe('a window’s place', () => {
  const display = { x: 0, y: 0, width: 1920, height: 1080 };

  it('is remembered', () => {
    const file = join(folder, 'state.json');
    const state = { x: 40, y: 50, width: 1100, height: 700, maximized: true };
    saveWindowState(file, state);
    expect(loadWindowState(file)).toEqual(state);
  });

  it('is forgotten when the file makes no sense', async () => {
    const file = join(folder, 'state.json');
    expect(loadWindowState(file)).toBeUndefined();
    await writeFile(file, '{"x":1,"y":2,"width":-5,"height":700,"maximized":false}');
    expect(loadWindowState(file)).toBeUndefined();
  });

  it('is forgotten when its display is gone', () => {
    expect(visibleBounds({ x: 2500, y: 100, width: 1200, height: 800 }, [display])).toBeUndefined();
    expect(visibleBounds({ x: 1900, y: 100, width: 1200, height: 800 }, [display])).toBeUndefined();
  });

  it('is moved and cut to fit the display it is mostly on', () => {
    expect(visibleBounds({ x: 1500, y: -200, width: 1200, height: 800 }, [display])).toEqual({ x: 720, y: 0, width: 1200, height: 800 });
    const left = { x: -1280, y: 0, width: 1280, height: 1024 };
    expect(visibleBounds({ x: -1200, y: 10, width: 3000, height: 900 }, [left, display])).toEqual({ x: 0, y: 10, width: 1920, height: 900 });
  });
});

it('opens the files among its arguments, leaves switches alone and knows what is not there', async () => {
  await writeFile(join(folder, 'a b.jpg'), '');
  expect(await pathsToOpen(['--flag', 'a b.jpg', '', 'missing.jpg', folder], folder)).toEqual({ present: [join(folder, 'a b.jpg'), folder], missing: [join(folder, 'missing.jpg')] });
});

describe('the engine', () => {
  const common = { resources: '/opt/proofsheet/resources', env: {} } as const;

  it('runs on the Node of the package, outside the archive', () => {
    const { engine, renderer } = locate({ ...common, entry: '/opt/proofsheet/resources/app.asar/out/main/index.js', isPackaged: true, platform: 'linux' });
    expect(engine).toMatchObject({ node: '/opt/proofsheet/resources/runtime/node', entry: '/opt/proofsheet/resources/app.asar.unpacked/out/main/engine.js' });
    expect(renderer).toBe('/opt/proofsheet/resources/app.asar/out/renderer');
  });

  it('runs from the sources in a checkout, on the Node its launcher names', () => {
    const { engine } = locate({ ...common, env: { PROOFSHEET_NODE: '/node24' }, entry: '/checkout/out/main/index.js', isPackaged: false, platform: 'linux' });
    expect(engine).toMatchObject({ node: '/node24', entry: '/checkout/src/main/engine/main.ts' });
  });
});
