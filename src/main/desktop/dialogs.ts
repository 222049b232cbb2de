import { dialog, type BrowserWindow, type OpenDialogOptions } from 'electron';

export type PickKind = 'folder' | 'files' | 'list';

const OPTIONS: Readonly<Record<PickKind, OpenDialogOptions>> = {
  folder: { properties: ['openDirectory', 'multiSelections'] },
  // No filter by name: the bytes decide what is an image.
  files: { properties: ['openFile', 'multiSelections'] },
  list: { properties: ['openFile', 'multiSelections'], filters: [{ name: 'CSV, TSV, TXT, JSON', extensions: ['csv', 'tsv', 'txt', 'json', 'jsonl'] }] },
};

/** The system's own dialog. Answers absolute paths, none when it was cancelled. */
export async function pickPaths(kind: PickKind, parent: BrowserWindow | null): Promise<readonly string[]> {
  const { canceled, filePaths } = await (parent === null ? dialog.showOpenDialog(OPTIONS[kind]) : dialog.showOpenDialog(parent, OPTIONS[kind]));
  return canceled ? [] : filePaths;
}
