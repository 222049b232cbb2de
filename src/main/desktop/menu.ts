import { shell, type MenuItemConstructorOptions } from 'electron';
import type { PickKind } from './dialogs.ts';
import { menuText } from './menu-text.ts';

export interface MenuOptions {
  readonly platform: NodeJS.Platform;
  /** BCP 47, as the system says. */
  readonly locale: string;
  readonly isPackaged: boolean;
  readonly pick: (kind: PickKind) => void;
  readonly newWindow: () => void;
  readonly folders: { readonly workspace: string; readonly logs: string };
}

const SEPARATOR: MenuItemConstructorOptions = { type: 'separator' };

/** The native menus, as data. Roles bring the system's own names and shortcuts; only our own items are named here. */
export function menuTemplate({ platform, locale, isPackaged, pick, newWindow, folders }: MenuOptions): MenuItemConstructorOptions[] {
  const text = menuText(locale);
  const isMac = platform === 'darwin';
  const appMenu: MenuItemConstructorOptions = { role: 'appMenu' };
  const file: MenuItemConstructorOptions = {
    label: text.file,
    submenu: [
      { label: text.newWindow, accelerator: 'CmdOrCtrl+Shift+N', click: newWindow },
      SEPARATOR,
      { label: text.addFolder, accelerator: 'CmdOrCtrl+O', click: () => pick('folder') },
      { label: text.addFiles, accelerator: 'CmdOrCtrl+Shift+O', click: () => pick('files') },
      { label: text.addList, accelerator: 'CmdOrCtrl+L', click: () => pick('list') },
      SEPARATOR,
      { label: text.showWorkspace, click: () => void shell.openPath(folders.workspace) },
      SEPARATOR,
      { role: isMac ? 'close' : 'quit' },
    ],
  };
  const view: MenuItemConstructorOptions = {
    role: 'viewMenu',
    submenu: [
      // Reloading and the inspector are for those who work on Proofsheet itself.
      ...(isPackaged ? [] : [{ role: 'reload' }, { role: 'toggleDevTools' }, SEPARATOR] as const),
      { role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }, SEPARATOR, { role: 'togglefullscreen' },
    ],
  };
  const help: MenuItemConstructorOptions = { role: 'help', submenu: [{ label: text.showLogs, click: () => void shell.openPath(folders.logs) }, ...(isMac ? [] : [{ role: 'about' } as const])] };
  return [...(isMac ? [appMenu] : []), file, { role: 'editMenu' }, view, { role: 'windowMenu' }, help];
}
