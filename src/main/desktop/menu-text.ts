export interface MenuText {
  readonly file: string;
  readonly newWindow: string;
  readonly addFolder: string;
  readonly addFiles: string;
  readonly addList: string;
  readonly settings: string;
  readonly find: string;
  readonly commands: string;
  readonly shortcuts: string;
  readonly showWorkspace: string;
  readonly showLogs: string;
}

const ENGLISH: MenuText = {
  file: 'File', newWindow: 'New Window', addFolder: 'Add Folder…', addFiles: 'Add Files…', addList: 'Add List…',
  settings: 'Settings…', find: 'Find', commands: 'Commands…', shortcuts: 'Keyboard Shortcuts',
  showWorkspace: 'Show Catalog Folder', showLogs: 'Show Logs',
};
const GERMAN: MenuText = {
  file: 'Ablage', newWindow: 'Neues Fenster', addFolder: 'Ordner hinzufügen …', addFiles: 'Dateien hinzufügen …', addList: 'Liste hinzufügen …',
  settings: 'Einstellungen …', find: 'Suchen', commands: 'Befehle …', shortcuts: 'Tastenkürzel',
  showWorkspace: 'Katalogordner anzeigen', showLogs: 'Protokolle anzeigen',
};

/** The native menus' own words: the main process has no window whose catalogue it could ask. */
export function menuText(locale: string): MenuText {
  return locale.toLowerCase().split('-')[0] === 'de' ? GERMAN : ENGLISH;
}
