import { fork } from 'node:child_process';
import { on, once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FUSES } from '../../scripts/package/fuses.ts';
import type { Report } from './probe.ts';

/**
 * The desktop host's real entry, started on a recording stand-in for Electron's runtime (see electron-stand-in.ts) with
 * the real engine behind it. What the window would be allowed is read from what the host told Electron.
 */
describe('the desktop host', () => {
  let folder: string;
  let report: Report;
  let exitCode: number | null;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proofsheet desktop '));
    const picture = join(folder, 'opened with.jpg');
    await sharp({ create: { width: 640, height: 480, channels: 3, background: '#357' } }).jpeg().toFile(picture);
    const child = fork(join(import.meta.dirname, 'probe.ts'), [picture, '--a-switch', join(folder, 'missing.jpg')], {
      env: { ...process.env, PROOFSHEET_WORKSPACE: join(folder, 'workspace'), PROOFSHEET_NODE: process.execPath, STAND_IN_USER_DATA: join(folder, 'user data') },
      execArgv: [],
    });
    const exit = once(child, 'exit');
    const messages = on(child, 'message');
    // The first word is for whoever started it: it is up.
    expect((await messages.next()).value).toEqual(['ready', undefined]);
    [report] = await Promise.race([messages.next().then(({ value }) => value as [Report]), exit.then(([code]) => { throw new Error(`the desktop host ended with ${String(code)}`); })]);
    [exitCode] = await exit;
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  it('gives its window a sandbox, an isolated preload and no Node', () => {
    expect(report.sandboxed).toBe(true);
    expect(report.preferences).toMatchObject({
      contextIsolation: true, sandbox: true, nodeIntegration: false, nodeIntegrationInWorker: false, nodeIntegrationInSubFrames: false,
      webSecurity: true, allowRunningInsecureContent: false, experimentalFeatures: false, webviewTag: false, navigateOnDragDrop: false,
    });
    expect((report.preferences as { readonly preload: string }).preload).toMatch(/out[/\\]preload[/\\]preload\.cjs$/);
  });

  it('loads its page from a scheme of its own, under a policy that admits nothing else', () => {
    expect(report.url).toBe('proofsheet://app/index.html');
    expect(report.schemes).toEqual([{ scheme: 'proofsheet', privileges: expect.objectContaining({ standard: true, secure: true }) }]);
    expect(report.schemes[0]?.privileges).not.toHaveProperty('bypassCSP');
    expect(report.page).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    expect(report.page.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    const policy = report.page.headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(report.scriptType).toBe('text/javascript; charset=utf-8');
  });

  it('serves no file outside the window’s own folder', () => {
    expect(report.outside).toEqual([404, 404, 404, 404, 404, 404]);
    expect(report.foreignHost).toBe(404);
  });

  it('opens no other window, and only https addresses in the browser', () => {
    expect(report.popups).toEqual(['deny', 'deny', 'deny', 'deny']);
    expect(report.opened).toEqual(['https://example.org/help']);
  });

  it('navigates nowhere but to its own page', () => {
    expect(report.navigation).toEqual({ 'proofsheet://app/index.html': true, 'proofsheet://media/x': false, 'https://example.org/': false, 'file:///etc/passwd': false });
    expect([report.redirects, report.frames, report.webviews]).toEqual([false, false, false]);
  });

  it('lets no request out of the machine, nor to a server on it', () => {
    expect(report.requests).toEqual({ 'proofsheet://app/a.js': true, 'https://example.org/': false, 'http://127.0.0.1/': false, 'file:///etc/passwd': false, 'ws://127.0.0.1/': false });
    expect(report.uploads).toBe(false);
  });

  it('grants no permission but writing to the clipboard, and that to its own page alone', () => {
    expect(report.permissions).toEqual([false, false, false]);
    expect(report.clipboard).toEqual({ own: [true, true], foreign: [false, false] });
  });

  it('answers only the main frame of its own page, and only with what the schema allows', () => {
    expect(report.picked).toEqual(['/pictures']);
    expect(report.refusals).toEqual(['refused: Error', 'refused: Error', 'refused: Error', 'refused: ZodError', 'refused: ZodError']);
    expect(report.foreignPorts).toBe(0);
  });

  it('takes in what it was opened with and shows its rendition', () => {
    expect(report.workspace).toBe(join(folder, 'workspace'));
    expect(report.source).toBe(join(folder, 'opened with.jpg'));
    expect(report.media).toEqual({ status: 200, type: 'image/jpeg', policy: 'cross-origin' });
    expect(report.files).toEqual([join(folder, 'opened with.jpg')]);
  });

  it('gives the window a new port when the engine was killed, and drains the engine on quit', () => {
    expect(report.afterDeath).toBe(1);
    expect(exitCode).toBe(0);
    // A clean end takes it away; a killed engine leaves it.
    expect(existsSync(join(folder, 'workspace/engine.json'))).toBe(false);
  });

  it('has native menus in the user’s language', () => {
    expect(report.menuLabels).toEqual(expect.arrayContaining(['Ablage', 'Ordner hinzufügen …', 'editMenu', 'togglefullscreen']));
  });

  it('has menus that leave the doing to the window, and show the keys that docs/keyboard.md tells', () => {
    expect(report.menuActions).toEqual([
      ['CmdOrCtrl+O', ['action', 'add-folder']], ['CmdOrCtrl+Shift+O', ['action', 'add-files']], ['CmdOrCtrl+Shift+L', ['action', 'add-list']],
      ['CmdOrCtrl+,', ['action', 'go-settings']], ['CmdOrCtrl+F', ['action', 'find']], ['CmdOrCtrl+K', ['action', 'palette']], [null, ['action', 'shortcuts']],
    ]);
  });

  it('says which of the paths it was started with does not exist', () => {
    expect(report.errors).toEqual([`Proofsheet: There is nothing at ${join(folder, 'missing.jpg')}.`]);
  });
});

describe('the packaged binary', () => {
  it('runs no foreign code and loads only the checked archive', () => {
    // Numbers of FuseV1Options, as they are burnt in: run as Node, NODE_OPTIONS and --inspect off; archive integrity on.
    expect([FUSES[0], FUSES[2], FUSES[3]]).toEqual([false, false, false]);
    expect([FUSES[1], FUSES[4], FUSES[5]]).toEqual([true, true, true]);
  });
});
