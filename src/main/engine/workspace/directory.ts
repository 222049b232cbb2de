import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, extname, join, resolve } from 'node:path';
import type { directoryEntrySchema } from '../../../contract/index.ts';
import type { z } from 'zod';
import { errorCodeOf, errorMessageOf, ProofsheetError } from '../errors.ts';
import { isListPath } from '../ingest/scan/list-format.ts';
import { IMAGE_EXTENSIONS } from '../ingest/scan/walk.ts';

type DirectoryEntry = z.infer<typeof directoryEntrySchema>;

const MAX_ENTRIES = 5000;
const KIND_ORDER: readonly DirectoryEntry['kind'][] = ['folder', 'list', 'image', 'other'];

/** One folder for the path picker, folders first; the home folder when none is named. */
export async function listDirectory(wanted: string | undefined, showHidden: boolean): Promise<{ path: string; parent: string | null; entries: DirectoryEntry[]; truncated: boolean }> {
  const path = resolve(wanted ?? homedir());
  const found = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw new ProofsheetError(errorCodeOf(error), `${path} cannot be opened: ${errorMessageOf(error)}`);
  });
  const visible = found.filter((entry) => showHidden || !entry.name.startsWith('.')).sort((a, b) => a.name.localeCompare(b.name));
  const entries = await Promise.all(visible.slice(0, MAX_ENTRIES).map(async (entry): Promise<DirectoryEntry> => {
    const full = join(path, entry.name);
    const stats = await stat(full).catch(() => null);
    const isFolder = stats?.isDirectory() ?? entry.isDirectory();
    return { name: entry.name, path: full, kind: isFolder ? 'folder' : kindOf(entry.name), bytes: isFolder ? null : (stats?.size ?? null) };
  }));
  entries.sort((a, b) => KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind));
  const parent = dirname(path);
  return { path, parent: parent === path ? null : parent, entries, truncated: visible.length > MAX_ENTRIES };
}

function kindOf(name: string): DirectoryEntry['kind'] {
  if (isListPath(name)) return 'list';
  return IMAGE_EXTENSIONS.has(extname(name).slice(1).toLowerCase()) ? 'image' : 'other';
}
