import { app, crashReporter, dialog, Menu } from 'electron';
import { join } from 'node:path';
import { connectEngine, type EngineLink } from '../host/engine-link.ts';
import { describeError } from '../host/host-error.ts';
import { createMediaResponder, mediaOf } from '../host/media.ts';
import { locateWorkspace } from '../host/workspace-location.ts';
import { pickPaths } from './dialogs.ts';
import { createEngineRelay } from './engine-relay.ts';
import { answerWindow } from './ipc.ts';
import type { Locations } from './locations.ts';
import { openLog } from './log.ts';
import { menuTemplate } from './menu.ts';
import { pathsToOpen, type NamedPaths } from './open-paths.ts';
import { serveWindow } from './protocol.ts';
import { hardenSession, hardenWebContents } from './security.ts';
import { showProgress } from './taskbar.ts';
import { createWindows } from './windows.ts';

export interface DesktopOptions {
  readonly locations: Locations;
  readonly version: string;
  /** What follows the program's own name: files and folders to open. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/** Brings the application up: the engine, one window, and everything the system asks of an application. */
export async function startDesktop({ locations, version, argv, cwd, env, platform }: DesktopOptions): Promise<void> {
  crashReporter.start({ uploadToServer: false });
  hardenWebContents(app);

  app.setAboutPanelOptions({ applicationName: 'Proofsheet', applicationVersion: version });

  // The system may ask for files before anything is ready, and before there is an engine to give them to.
  const early: string[] = [];
  let open = (paths: readonly string[]): void => { early.push(...paths); };
  app.on('open-file', (event, path) => {
    event.preventDefault();
    open([path]);
  });

  await app.whenReady();
  process.send?.('ready');
  const named = await pathsToOpen(argv, cwd);
  if (named.missing.length > 0 && named.present.length + early.length === 0) {
    dialog.showErrorBox('Proofsheet', `There is nothing at ${named.missing.join(', ')}.`);
    app.exit(1);
    return;
  }
  hardenSession();
  const log = openLog(join(app.getPath('logs'), 'desktop.log'));
  const workspace = locateWorkspace({ option: undefined, env, platform, cwd });
  const link = await connectOrTell(locations, workspace);
  if (link === undefined) {
    app.exit(1);
    return;
  }

  const relay = createEngineRelay(link, log);
  const windows = createWindows({ preload: locations.preload, stateFile: join(app.getPath('userData'), 'window-state.json') });
  const ingest = async (paths: readonly string[]): Promise<void> => {
    if (paths.length === 0) return;
    try {
      await link.client.ingest.start({ paths: [...paths] });
      windows.focus();
    } catch (error) {
      dialog.showErrorBox('Proofsheet', describeError(error).message);
    }
  };
  const openNamed = async ({ present, missing }: NamedPaths): Promise<void> => {
    if (missing.length > 0) dialog.showErrorBox('Proofsheet', `There is nothing at ${missing.join(', ')}.`);
    await ingest(present);
  };

  serveWindow({
    renderer: locations.renderer,
    media: createMediaResponder(mediaOf({ workspace, client: link.client })),
  });
  answerWindow({
    connect: relay.connect,
    pick: pickPaths,
    originalPath: async (id) => (await link.client.assets.original({ id })).path,
  });
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate({
    platform,
    locale: app.getLocale(),
    isPackaged: app.isPackaged,
    act: (name) => (windows.focused() ?? windows.focus()).webContents.send('action', name),
    newWindow: () => void windows.open(),
    folders: { workspace, logs: app.getPath('logs') },
  })));

  app.on('second-instance', (_event, otherArgv, otherCwd) => {
    windows.focus();
    void pathsToOpen(otherArgv.slice(app.isPackaged ? 1 : 2), otherCwd).then(openNamed);
  });
  app.on('activate', () => void windows.focus());
  app.on('window-all-closed', () => {
    if (platform !== 'darwin') app.quit();
  });
  app.on('render-process-gone', (_event, contents, { reason, exitCode }) => {
    log(`the window's process is gone: ${reason} (${exitCode})`);
    if (reason !== 'clean-exit') contents.reload();
  });
  app.on('child-process-gone', (_event, { type, reason, exitCode }) => log(`the ${type} process is gone: ${reason} (${exitCode})`));
  drainBeforeQuit(link);
  link.lost.catch((reason: unknown) => {
    dialog.showErrorBox('Proofsheet has to close', `${describeError(reason).message}\n\nYour catalog is safe. Start Proofsheet again to go on.`);
    app.quit();
  });

  windows.open();
  showProgress(link, windows.all);
  open = (paths) => void ingest(paths);
  await openNamed({ ...named, present: [...named.present, ...early] });
}

/** The engine's own reason is shown: a newer catalog, one that another program holds, a folder that cannot be written. */
async function connectOrTell(locations: Locations, workspace: string): Promise<EngineLink | undefined> {
  try {
    return await connectEngine({ workspace, launch: locations.engine, work: true });
  } catch (error) {
    dialog.showErrorBox('Proofsheet could not open its catalog', `${workspace}\n\n${describeError(error).message}`);
    return undefined;
  }
}

/** Quitting lets the images in hand finish; asking again stops at once. The catalog is consistent either way. */
function drainBeforeQuit(link: EngineLink): void {
  let phase: 'running' | 'draining' | 'stopped' = 'running';
  app.on('before-quit', (event) => {
    if (phase === 'stopped') return;
    event.preventDefault();
    const mode = phase === 'running' ? 'drain' : 'now';
    phase = 'draining';
    void link.stop(mode).finally(() => {
      if (phase === 'stopped') return;
      phase = 'stopped';
      app.quit();
    });
  });
}
