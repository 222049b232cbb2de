import type { ErrorCode } from '../../../../contract/index.ts';
import type { Location } from '../../catalog/sources.ts';

/** One thing a scan came upon; every one of them becomes exactly one item. */
export interface ScanEntry extends Location {
  /** Null when it could not be looked at, or is not a local file. */
  readonly bytes: number | null;
  readonly mtimeMs: number | null;
  /** When anything about the file changed, its permissions included; milliseconds since 1970, null when unknown. */
  readonly ctimeMs: number | null;
  /** Host and port of what lies on the web; null for files. */
  readonly host: string | null;
  /** The list row's columns, JSON; null for files found in folders. */
  readonly row: string | null;
  /** Why it will not be read: `skipped` is by design, `failed` is a fault. */
  readonly refusal: { readonly state: 'skipped' | 'failed'; readonly code: ErrorCode; readonly message: string } | null;
}

/** Says that all of a folder's own files have been told, so that what was not among them is gone. */
export interface FolderRead {
  readonly folderRead: string;
  /** Nothing at all is in it, neither files nor folders. */
  readonly isEmpty: boolean;
}
