import { BrowserWindow, nativeTheme, screen, type Rectangle } from 'electron';
import { APP_URL } from './protocol.ts';
import { loadWindowState, saveWindowState, visibleBounds, type WindowState } from './window-state.ts';

export interface Windows {
  readonly open: () => BrowserWindow;
  /** Brings a window to the front, opening one if there is none. */
  readonly focus: () => BrowserWindow;
  readonly focused: () => BrowserWindow | null;
  readonly all: () => readonly BrowserWindow[];
}

export interface WindowsOptions {
  readonly preload: string;
  readonly stateFile: string;
}

const DEFAULT_SIZE = { width: 1280, height: 820 };
const MINIMUM_SIZE = { minWidth: 900, minHeight: 600 };

/** The application's windows. Each is a view of the one catalog; the last one closed decides how the next opens. */
export function createWindows({ preload, stateFile }: WindowsOptions): Windows {
  const open = (): BrowserWindow => {
    const state = loadWindowState(stateFile);
    const window = new BrowserWindow({ ...placement(state), ...MINIMUM_SIZE, ...appearance(), show: false, webPreferences: { ...SAFE_PREFERENCES, preload } });
    if (state?.maximized === true) window.maximize();
    window.once('ready-to-show', () => window.show());
    window.on('close', () => saveWindowState(stateFile, { ...window.getNormalBounds(), maximized: window.isMaximized() }));
    void window.loadURL(APP_URL);
    return window;
  };
  return {
    open,
    focus() {
      const window = BrowserWindow.getAllWindows()[0];
      if (window === undefined) return open();
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
      return window;
    },
    focused: () => BrowserWindow.getFocusedWindow(),
    all: () => BrowserWindow.getAllWindows(),
  };
}

/** Electron's defaults are safe today; they are stated so that no later version or habit can change them. */
const SAFE_PREFERENCES = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
} as const;

function placement(state: WindowState | undefined): Partial<Rectangle> {
  return (state && visibleBounds(state, screen.getAllDisplays().map((display) => display.workArea))) ?? DEFAULT_SIZE;
}

/** The first frame has the theme's colour: no white flash in the dark. */
function appearance(): { readonly backgroundColor: string; readonly autoHideMenuBar: boolean } {
  return { backgroundColor: nativeTheme.shouldUseDarkColors ? '#1c1c1c' : '#f4f4f4', autoHideMenuBar: false };
}
