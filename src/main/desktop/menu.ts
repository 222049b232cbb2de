import { shell, type MenuItemConstructorOptions } from 'electron';
import { ACTIONS, type ActionName, type KeyBinding } from '../../contract/actions.ts';
import { menuText } from './menu-text.ts';

export interface MenuOptions {
  readonly platform: NodeJS.Platform;
  /** BCP 47, as the system says. */
  readonly locale: string;
  readonly isPackaged: boolean;
  /** Does in the window what its own button or key would do. */
  readonly act: (name: ActionName) => void;
  readonly newWindow: () => void;
  readonly folders: { readonly workspace: string; readonly logs: string };
}

const SEPARATOR: MenuItemConstructorOptions = { type: 'separator' };

/** The native menus, as data. Roles bring the system's own names and shortcuts; only our own items are named here. */
export function menuTemplate({ platform, locale, isPackaged, act, newWindow, folders }: MenuOptions): MenuItemConstructorOptions[] {
  const text = menuText(locale);
  const isMac = platform === 'darwin';
  const appMenu: MenuItemConstructorOptions = { role: 'appMenu' };
  // The key is shown here and heard by the page, which knows when it means something else. A Mac hears it in both
  // places, but asks the page first.
  const action = (name: ActionName, label: string): MenuItemConstructorOptions =>
    ({ label, ...acceleratorOf(ACTIONS[name].key), registerAccelerator: false, click: () => act(name) });
  const file: MenuItemConstructorOptions = {
    label: text.file,
    submenu: [
      { label: text.newWindow, accelerator: 'CmdOrCtrl+Shift+N', click: newWindow },
      SEPARATOR,
      action('add-folder', text.addFolder),
      action('add-files', text.addFiles),
      action('add-list', text.addList),
      SEPARATOR,
      action('go-settings', text.settings),
      { label: text.showWorkspace, click: () => void shell.openPath(folders.workspace) },
      SEPARATOR,
      { role: isMac ? 'close' : 'quit' },
    ],
  };
  const view: MenuItemConstructorOptions = {
    role: 'viewMenu',
    submenu: [
      action('find', text.find), action('palette', text.commands), SEPARATOR,
      // Reloading and the inspector are for those who work on Proofsheet itself.
      ...(isPackaged ? [] : [{ role: 'reload' }, { role: 'toggleDevTools' }, SEPARATOR] as const),
      { role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }, SEPARATOR, { role: 'togglefullscreen' },
    ],
  };
  const help: MenuItemConstructorOptions = { role: 'help', submenu: [action('shortcuts', text.shortcuts), { label: text.showLogs, click: () => void shell.openPath(folders.logs) }, ...(isMac ? [] : [{ role: 'about' } as const])] };
  return [...(isMac ? [appMenu] : []), file, { role: 'editMenu' }, view, { role: 'windowMenu' }, help];
}

const KEY_NAMES: Readonly<Record<string, string>> = { Comma: ',' };

/** A key that is pressed alone would be shown as one that works while text is typed; such actions show none. */
function acceleratorOf({ code, mod = false, shift = false }: KeyBinding): { readonly accelerator?: string } {
  const key = KEY_NAMES[code] ?? code.replace(/^Key/, '');
  return mod ? { accelerator: ['CmdOrCtrl', ...(shift ? ['Shift'] : []), key].join('+') } : {};
}
