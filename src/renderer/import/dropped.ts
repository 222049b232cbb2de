export interface DroppedFile {
  /** Relative to what was dropped, with `/` between folders. */
  readonly path: string;
  readonly file: File;
}

export interface DragSummary {
  readonly images: number;
  readonly lists: number;
  readonly others: number;
}

const LIST_TYPES: ReadonlySet<string> = new Set(['text/csv', 'text/tab-separated-values', 'text/plain', 'application/json', 'application/vnd.ms-excel']);

/** What is being dragged, as far as the browser tells before the drop: types, no names. */
export function summarizeDrag(items: Iterable<Pick<DataTransferItem, 'kind' | 'type'>>): DragSummary {
  const types = [...items].filter((item) => item.kind === 'file').map((item) => item.type);
  const images = types.filter((type) => type.startsWith('image/')).length;
  const lists = types.filter((type) => LIST_TYPES.has(type)).length;
  return { images, lists, others: types.length - images - lists };
}

/** What was dropped; must be taken while the drop event is being handled. Files that come from no folder have no entry. */
export function takeDropped(items: Iterable<DataTransferItem>): readonly (FileSystemEntry | File)[] {
  return Array.from(items, (item) => item.webkitGetAsEntry() ?? item.getAsFile()).filter((dropped) => dropped !== null);
}

/** All files of a drop, folders walked through. */
export async function filesOf(dropped: readonly (FileSystemEntry | File)[]): Promise<readonly DroppedFile[]> {
  const found = await Promise.all(dropped.map(async (one) => one instanceof File ? [{ path: one.name, file: one }] : walk(one, '')));
  return found.flat();
}

/** The one folder or file that everything dropped lies in; null when there are several. */
export function commonName(files: readonly DroppedFile[]): string | null {
  const names = new Set(files.map(({ path }) => path.split('/')[0]));
  return names.size === 1 ? [...names][0] ?? null : null;
}

async function walk(entry: FileSystemEntry, folder: string): Promise<readonly DroppedFile[]> {
  const path = folder + entry.name;
  if (isFile(entry)) return [{ path, file: await new Promise<File>((resolve, reject) => entry.file(resolve, reject)) }];
  if (!isDirectory(entry)) return [];
  const files: DroppedFile[] = [];
  for (const child of await readAll(entry.createReader())) files.push(...await walk(child, `${path}/`));
  return files;
}

/** A reader answers in portions until one is empty. */
async function readAll(reader: FileSystemDirectoryReader): Promise<readonly FileSystemEntry[]> {
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) return entries;
    entries.push(...portion);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
