import { EventEmitter } from 'node:events';
import { mkdirSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

/**
 * Takes the place of Electron's runtime, which cannot run everywhere: it records what the desktop host asks of it and
 * lets a test act as the system and as the window. Nothing of Proofsheet is replaced.
 */
export const recorded = {
  schemes: [] as { readonly scheme: string; readonly privileges: Readonly<Record<string, boolean>> }[],
  windows: [] as StandInWindow[],
  opened: [] as string[],
  revealed: [] as string[],
  errors: [] as string[],
  menu: [] as readonly MenuItem[],
  sandboxed: false,
  uploads: undefined as boolean | undefined,
  picked: ['/pictures'],
  ports: [] as MessagePort[],
  protocolHandlers: new Map<string, (request: Request) => Promise<Response>>(),
  ipcHandlers: new Map<string, (event: unknown, ...args: readonly unknown[]) => unknown>(),
  permissions: {} as Record<'request' | 'check' | 'device', (...args: readonly unknown[]) => unknown>,
  beforeRequest: undefined as ((details: { readonly url: string }, answer: (response: { readonly cancel: boolean }) => void) => void) | undefined,
};

export interface MenuItem { readonly label?: string; readonly role?: string; readonly accelerator?: string; readonly registerAccelerator?: boolean; readonly click?: () => void; readonly submenu?: readonly MenuItem[] }

const userData = process.env['STAND_IN_USER_DATA'] ?? '';

class StandInContents extends EventEmitter {
  openHandler: ((details: { readonly url: string }) => { readonly action: string }) | undefined;
  reloads = 0;
  readonly sent: (readonly unknown[])[] = [];
  send(...message: readonly unknown[]): void { this.sent.push(message); }
  setWindowOpenHandler(handler: StandInContents['openHandler']): void { this.openHandler = handler; }
  postMessage(_channel: string, _message: unknown, ports: readonly MessagePort[]): void { recorded.ports.push(...ports); }
  isDestroyed(): boolean { return false; }
  reload(): void { this.reloads += 1; }
}

class StandInWindow extends EventEmitter {
  static getAllWindows(): readonly StandInWindow[] { return recorded.windows; }
  static getFocusedWindow(): StandInWindow | null { return recorded.windows[0] ?? null; }
  static fromWebContents(contents: unknown): StandInWindow | null { return recorded.windows.find((window) => window.webContents === contents) ?? null; }
  readonly webContents = new StandInContents();
  readonly options: Readonly<Record<string, unknown>>;
  url = '';
  progress: number[] = [];
  constructor(options: Readonly<Record<string, unknown>>) {
    super();
    this.options = options;
    recorded.windows.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }
  async loadURL(url: string): Promise<void> { this.url = url; }
  setProgressBar(value: number): void { this.progress.push(value); }
  getNormalBounds(): object { return { x: 10, y: 20, width: 1000, height: 700 }; }
  isMaximized(): boolean { return false; }
  isMinimized(): boolean { return false; }
  maximize(): void {}
  show(): void {}
  focus(): void {}
}

class StandInApp extends EventEmitter {
  isPackaged = false;
  setName(): void {}
  setAboutPanelOptions(): void {}
  enableSandbox(): void { recorded.sandboxed = true; }
  requestSingleInstanceLock(): boolean { return true; }
  async whenReady(): Promise<void> {}
  getLocale(): string { return 'de-AT'; }
  getPath(name: string): string {
    const path = join(userData, name);
    mkdirSync(path, { recursive: true });
    return path;
  }
  quit(): void {
    let prevented = false;
    this.emit('before-quit', { preventDefault: () => { prevented = true; } });
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by a listener
    if (!prevented) this.emit('stand-in-quit');
  }
  exit(code: number): void { this.emit('stand-in-exit', code); }
}

export const app = new StandInApp();
export const ipcMain = Object.assign(new EventEmitter(), {
  handle: (channel: string, handler: (event: unknown, ...args: readonly unknown[]) => unknown) => void recorded.ipcHandlers.set(channel, handler),
});

class StandInChannel {
  readonly port1: EventEmitter & { postMessage: (data: unknown) => void; start: () => void; close: () => void };
  readonly port2: MessagePort;
  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = Object.assign(new EventEmitter(), {
      postMessage: (data: unknown) => port1.postMessage(data),
      start: () => port1.start(),
      close: () => port1.close(),
    });
    // Electron wraps what arrives in an event.
    port1.on('message', (data: unknown) => this.port1.emit('message', { data }));
    port1.on('close', () => this.port1.emit('close'));
    this.port2 = port2;
  }
}

const electron = {
  app,
  ipcMain,
  BrowserWindow: StandInWindow,
  MessageChannelMain: StandInChannel,
  crashReporter: { start: ({ uploadToServer }: { readonly uploadToServer: boolean }) => { recorded.uploads = uploadToServer; } },
  dialog: {
    showErrorBox: (title: string, text: string) => void recorded.errors.push(`${title}: ${text}`),
    showOpenDialog: async () => ({ canceled: recorded.picked.length === 0, filePaths: recorded.picked }),
  },
  Menu: {
    buildFromTemplate: (template: readonly MenuItem[]) => template,
    setApplicationMenu: (menu: readonly MenuItem[]) => { recorded.menu = menu; },
  },
  nativeTheme: { shouldUseDarkColors: true },
  protocol: {
    registerSchemesAsPrivileged: (schemes: typeof recorded.schemes) => void recorded.schemes.push(...schemes),
    handle: (scheme: string, handler: (request: Request) => Promise<Response>) => void recorded.protocolHandlers.set(scheme, handler),
  },
  screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
  session: {
    defaultSession: {
      setPermissionRequestHandler: (handler: (typeof recorded.permissions)['request']) => { recorded.permissions.request = handler; },
      setPermissionCheckHandler: (handler: (typeof recorded.permissions)['check']) => { recorded.permissions.check = handler; },
      setDevicePermissionHandler: (handler: (typeof recorded.permissions)['device']) => { recorded.permissions.device = handler; },
      webRequest: { onBeforeRequest: (handler: NonNullable<typeof recorded.beforeRequest>) => { recorded.beforeRequest = handler; } },
    },
  },
  shell: {
    openExternal: async (url: string) => void recorded.opened.push(url),
    openPath: async (path: string) => void recorded.opened.push(path),
    showItemInFolder: (path: string) => void recorded.revealed.push(path),
  },
};

const KEY = 'standInElectron';
Object.assign(globalThis, { [KEY]: electron });
registerHooks({
  resolve: (specifier, context, next) => (specifier === 'electron' ? { url: 'stand-in:electron', format: 'module', shortCircuit: true } : next(specifier, context)),
  load: (url, context, next) => {
    if (url !== 'stand-in:electron') return next(url, context);
    const exports = Object.keys(electron).map((name) => `export const ${name} = globalThis.${KEY}.${name};`);
    return { format: 'module', shortCircuit: true, source: exports.join('\n') };
  },
});
