import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { ContractRouterClient } from '@orpc/contract';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import type { Contract } from '../../src/contract/index.ts';
import { app, ipcMain, recorded, type MenuItem } from './electron-stand-in.ts';

/** Runs the desktop host's real entry on the stand-in, acts as the system and as the window, and reports what happened. */
const OWN_FRAME = { url: 'proofsheet://app/index.html', parent: null };
const FOREIGN_FRAME = { url: 'https://evil.example/', parent: null };

process.on('disconnect', () => process.exit(1));
await import('../../src/main/desktop/main.ts');
await until(() => recorded.windows.length > 0 || recorded.errors.length > 0);
const window = recorded.windows[0];
if (window === undefined) throw new Error(recorded.errors.join('\n'));
const { webContents } = window;

const page = await answer('proofsheet://app/index.html');
const script = /src="\.\/([^"]+\.js)"/.exec(page.body)?.[1] ?? 'no script in the page';
const report = {
  sandboxed: recorded.sandboxed,
  errors: recorded.errors,
  uploads: recorded.uploads,
  schemes: recorded.schemes,
  preferences: window.options['webPreferences'],
  url: window.url,
  menuLabels: labelsOf(recorded.menu),
  menuActions: chooseAll(recorded.menu),
  page,
  scriptType: (await answer(`proofsheet://app/${script}`)).type,
  outside: await Promise.all(['/../package.json', '/..%2f..%2fpackage.json', '/%2e%2e/%2e%2e/package.json', '/%00', '/%ff', '/nothing.js'].map(async (path) => (await answer(`proofsheet://app${path}`)).status)),
  foreignHost: (await answer('proofsheet://other/index.html')).status,
  popups: ['https://example.org/help', 'http://example.org/', 'file:///etc/passwd', 'javascript:alert(1)'].map((url) => webContents.openHandler?.({ url }).action),
  opened: [...recorded.opened],
  navigation: Object.fromEntries(['proofsheet://app/index.html', 'proofsheet://media/x', 'https://example.org/', 'file:///etc/passwd'].map((url) => [url, isAllowed('will-navigate', url)])),
  redirects: isAllowed('will-redirect', 'https://example.org/'),
  frames: isAllowed('will-frame-navigate', 'https://example.org/'),
  webviews: isAllowed('will-attach-webview', ''),
  permissions: [await requestPermission('media', OWN_FRAME.url), recorded.permissions.check(null, 'clipboard-read', 'proofsheet://app/', {}), recorded.permissions.device({ deviceType: 'usb' })],
  clipboard: {
    own: [await requestPermission('clipboard-sanitized-write', OWN_FRAME.url), recorded.permissions.check(null, 'clipboard-sanitized-write', 'proofsheet://app/', {})],
    foreign: [await requestPermission('clipboard-sanitized-write', FOREIGN_FRAME.url), recorded.permissions.check(null, 'clipboard-sanitized-write', 'https://evil.example/', {})],
  },
  requests: Object.fromEntries(['proofsheet://app/a.js', 'https://example.org/', 'http://127.0.0.1/', 'file:///etc/passwd', 'ws://127.0.0.1/'].map((url) => [url, isRequested(url)])),
  picked: await invoke('pick', OWN_FRAME, 'folder'),
  refusals: [
    await invoke('pick', FOREIGN_FRAME, 'folder'),
    await invoke('pick', { ...OWN_FRAME, parent: {} }, 'folder'),
    await invoke('pick', null, 'folder'),
    await invoke('pick', OWN_FRAME, 'everything'),
    await invoke('reveal', OWN_FRAME, '/etc/passwd'),
  ],
  ...await useThePort(),
};
export type Report = typeof report;

const end = once(app, 'stand-in-quit');
app.quit();
await end;
process.send?.(report, () => process.exit(0));

/** The window's whole way (port, relay, the engine's socket and back), also after the engine died under it. */
async function useThePort() {
  ipcMain.emit('connect', { senderFrame: FOREIGN_FRAME, sender: webContents });
  ipcMain.emit('connect', { senderFrame: OWN_FRAME, sender: webContents });
  const client = clientOn(await nextPort());
  const foreignPorts = recorded.ports.length;
  const { path: workspace } = await client.workspace.info();
  await until(async () => (await client.workspace.metrics()).assetCount === 1);
  const [item] = await client.ingest.items({});
  const { status, type, headers } = await answer(`proofsheet://media/renditions/${item?.sha256}/thumb`);
  const revealed = await invoke('reveal', OWN_FRAME, item?.assetId);
  process.kill((JSON.parse(readFileSync(join(workspace, 'engine.json'), 'utf8')) as { readonly pid: number }).pid, 'SIGKILL');
  const again = clientOn(await nextPort());
  const afterDeath = (await again.workspace.metrics()).assetCount;
  return { workspace, source: item?.source, media: { status, type, policy: headers['cross-origin-resource-policy'] }, revealed, files: recorded.revealed, afterDeath, foreignPorts };
}

async function nextPort(): Promise<MessagePort> {
  await until(() => recorded.ports.length > 0);
  return recorded.ports.shift()!;
}

function clientOn(port: MessagePort): ContractRouterClient<Contract> {
  const link = new RPCLink({ port });
  port.start();
  return createORPCClient(link);
}

async function answer(url: string): Promise<{ readonly status: number; readonly type: string | null; readonly body: string; readonly headers: Readonly<Record<string, string>> }> {
  // The standard's Request does not keep `..` in a path; a hostile page could still name it encoded.
  const response = await recorded.protocolHandlers.get('proofsheet')!(new Request(url));
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text(), headers: Object.fromEntries(response.headers) };
}

function isAllowed(event: string, url: string): boolean {
  let allowed = true;
  webContents.emit(event, { url, preventDefault: () => { allowed = false; } });
  return allowed;
}

function isRequested(url: string): boolean {
  let requested = false;
  recorded.beforeRequest?.({ url }, ({ cancel }) => { requested = !cancel; });
  return requested;
}

function requestPermission(name: string, requestingUrl: string): Promise<unknown> {
  return new Promise((resolve) => { recorded.permissions.request(null, name, resolve, { requestingUrl }); });
}

async function invoke(channel: string, senderFrame: object | null, argument: unknown): Promise<unknown> {
  try {
    return await recorded.ipcHandlers.get(channel)!({ senderFrame, sender: webContents }, argument);
  } catch (error) {
    return `refused: ${error instanceof Error ? error.name : String(error)}`;
  }
}

/** Every item that does something in the window: its key as shown, whether the menu itself listens for it, and what the window is told. */
function chooseAll(menu: readonly MenuItem[]): readonly (readonly unknown[])[] {
  return menu.flatMap(({ submenu }) => submenu ?? []).filter(({ registerAccelerator }) => registerAccelerator === false).map(({ accelerator, click }) => {
    click?.();
    return [accelerator ?? null, ...webContents.sent.splice(0)];
  });
}

function labelsOf(menu: readonly MenuItem[]): readonly string[] {
  return menu.flatMap(({ label, role, submenu }) => [label ?? role ?? '', ...labelsOf(submenu ?? [])]);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}
