import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { migrate } from '../src/main/engine/catalog/migrate.ts';
import { migrations } from '../src/main/engine/catalog/migrations/index.ts';
import { openCatalog } from '../src/main/engine/catalog/open.ts';
import { openWorkspace } from '../src/main/engine/catalog/workspace.ts';
import { createGroupCommit } from '../src/main/engine/catalog/group-commit.ts';
import { temporaryFolder } from './hosts.ts';

describe('migrations', () => {
  test('are numbered upwards and bring a new file to the newest version', async () => {
    const folder = await temporaryFolder();
    const db = openCatalog(join(folder, 'catalog.sqlite'), join(folder, 'backups'));
    expect(db.pragma('user_version', { simple: true })).toBe(migrations.at(-1)?.version);
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map(({ version }) => version).toSorted((a, b) => a - b));
    expect(db.pragma('foreign_key_check')).toEqual([]);
    db.close();
  });

  test('copy the whole file first, and leave no copy where there was nothing to lose', async () => {
    const folder = await temporaryFolder();
    const db = new Database(join(folder, 'catalog.sqlite'));
    const first = { version: 10, name: 'a', sql: 'CREATE TABLE kept (x); INSERT INTO kept VALUES (7)' };
    migrate(db, join(folder, 'backups'), [first]);
    expect(() => readdirSync(join(folder, 'backups'))).toThrow();
    migrate(db, join(folder, 'backups'), [first, { version: 20, name: 'b', sql: 'DROP TABLE kept' }]);
    db.close();
    const [copy = ''] = readdirSync(join(folder, 'backups'));
    const backup = new Database(join(folder, 'backups', copy), { readonly: true });
    expect(backup.prepare('SELECT x FROM kept').pluck().get()).toBe(7);
    backup.close();
  });

  test('that fail leave the catalog as it was', async () => {
    const folder = await temporaryFolder();
    const db = new Database(join(folder, 'catalog.sqlite'));
    const first = { version: 10, name: 'a', sql: 'CREATE TABLE kept (x)' };
    migrate(db, join(folder, 'backups'), [first]);
    expect(() => { migrate(db, join(folder, 'backups'), [first, { version: 20, name: 'b', sql: 'CREATE TABLE half (x); SELECT * FROM nowhere' }]); }).toThrow('nowhere');
    expect(db.pragma('user_version', { simple: true })).toBe(10);
    expect(db.prepare(`SELECT count(*) FROM sqlite_schema WHERE name = 'half'`).pluck().get()).toBe(0);
    db.close();
  });

  test('refuse a catalog that was made before one of them was edited, and say which; comments do not matter', async () => {
    const folder = await temporaryFolder();
    const db = new Database(join(folder, 'catalog.sqlite'));
    const [first, second] = [{ version: 10, name: '0010-a', sql: 'CREATE TABLE kept (x)' }, { version: 20, name: '0020-b', sql: 'CREATE TABLE other (x)' }];
    migrate(db, join(folder, 'backups'), [first, second]);
    migrate(db, join(folder, 'backups'), [{ ...first, sql: '-- What is kept.\nCREATE  TABLE kept (x)' }, second]);
    const edited = { ...second, sql: 'CREATE TABLE other (x, y)' };
    const refusal = expect.objectContaining({ code: 'workspace-older', message: expect.stringMatching(/0020-b is edition [0-9a-f]{8}, this program's is [0-9a-f]{8}/) as string });
    expect(() => { migrate(db, join(folder, 'backups'), [first, edited, { version: 30, name: 'c', sql: 'SELECT y FROM other' }]); }).toThrow(refusal);
    // So it is with one from before editions were written down.
    db.exec('DROP TABLE migration');
    expect(() => { migrate(db, join(folder, 'backups'), [first, second]); }).toThrow(expect.objectContaining({ code: 'workspace-older', message: expect.stringContaining('0010-a is edition unknown') as string }));
    db.close();
  });

  test('refuse a catalog that a newer program has written', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'catalog.sqlite');
    const db = new Database(path);
    db.pragma('user_version = 99990');
    db.close();
    expect(() => openCatalog(path, join(folder, 'backups'))).toThrow(expect.objectContaining({ code: 'workspace-newer', message: expect.stringContaining('99990') as string }));
  });
});

test('a file that is no catalog is named, and not written to', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'catalog.sqlite');
  writeFileSync(path, 'this is not a database, whatever it is called'.repeat(100));
  expect(() => openCatalog(path, join(folder, 'backups'))).toThrow(expect.objectContaining({ code: 'corrupt', message: expect.stringContaining(path) as string }));
  expect(readFileSync(path, 'utf8')).toMatch(/^this is not a database/);
});

describe('a workspace', () => {
  test('belongs to one engine at a time', async () => {
    const folder = await temporaryFolder();
    const first = openWorkspace(folder);
    expect(() => openWorkspace(folder)).toThrow(expect.objectContaining({ code: 'workspace-busy' }));
    first.release();
    openWorkspace(folder).release();
  });

  test('is free again as soon as its engine was killed', async () => {
    const folder = await temporaryFolder();
    const module = join(import.meta.dirname, '../src/main/engine/catalog/workspace.ts');
    const holder = spawn(process.execPath, ['--input-type=module', '-e', `
      const { openWorkspace } = await import(${JSON.stringify(module)});
      // What nobody refers to is collected, and its lock with it.
      globalThis.held = openWorkspace(${JSON.stringify(folder)});
      console.log('held');
      setInterval(() => {}, 1000);`], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    expect(() => openWorkspace(folder)).toThrow(expect.objectContaining({ code: 'workspace-busy' }));
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    openWorkspace(folder).release();
  });
});

describe('a group commit', () => {
  test('writes what was submitted together, and one that fails takes nothing with it', async () => {
    const db = new Database(':memory:');
    db.exec('CREATE TABLE t (x INTEGER UNIQUE)');
    const insert = db.prepare('INSERT INTO t VALUES (?)');
    const group = createGroupCommit(db, 1);
    const results = await Promise.allSettled([1, 2, 2, 3].map((x) => group.submit(() => insert.run(x).changes)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(db.prepare('SELECT x FROM t ORDER BY x').pluck().all()).toEqual([1, 2, 3]);
    db.close();
  });
});
