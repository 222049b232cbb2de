import { contextBridge, ipcRenderer, webUtils } from 'electron';

/** Put in by the build: a sandboxed script can read no file. */
declare const PROOFSHEET_VERSION: string;

// The only code that stands in both worlds. It hands over one port, the paths of files the user dropped or chose, and
// the names of what was chosen in the menus.
contextBridge.exposeInMainWorld('proofsheet', {
  host: 'desktop',
  platform: process.platform,
  version: PROOFSHEET_VERSION,
  mediaBase: 'proofsheet://media',
  pathForFile: (file: File): string => webUtils.getPathForFile(file),
  pick: (kind: string): Promise<unknown> => ipcRenderer.invoke('pick', kind),
  reveal: (assetId: number): Promise<unknown> => ipcRenderer.invoke('reveal', assetId),
  onAction: createMenuHearing(),
});

/** A message posted before the page's scripts ran would be heard by nobody. */
const pageReady = new Promise<void>((resolve) => {
  window.addEventListener('load', () => resolve(), { once: true });
});

ipcRenderer.on('port', (event) => {
  void pageReady.then(() => window.postMessage('port', '*', [...event.ports]));
});
ipcRenderer.send('connect');

/** A menu may be used before the page's scripts listen: on a Mac, choosing one can open the window. */
function createMenuHearing(): (listener: (name: string) => void) => () => void {
  const unheard: string[] = [];
  let hear: ((name: string) => void) | undefined;
  ipcRenderer.on('action', (_event, name: string) => {
    if (hear) hear(name);
    else unheard.push(name);
  });
  return (listener) => {
    hear = listener;
    for (const name of unheard.splice(0)) listener(name);
    return () => { if (hear === listener) hear = undefined; };
  };
}
