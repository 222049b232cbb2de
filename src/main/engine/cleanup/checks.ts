import type { RemovalMode } from '../../../contract/index.ts';
import { errorCodeOf, errorMessageOf, ProofsheetError } from '../errors.ts';
import { isDiskFailure, isSame, isSameFile, type FilePath, type Files, type Look } from './files.ts';
import type { PlannedItem, Refusal } from './journal.ts';
import type { Protection } from './protection.ts';

/** What the catalog says of a planned removal now. */
export interface Standing {
  readonly path: FilePath;
  readonly keeperPath: FilePath;
  /** As they are shown. */
  readonly keeperShown: string;
  readonly sha256: string;
  readonly keeperSha256: string;
  /** Why it must not go whatever its file is: the user thought otherwise since. */
  readonly refusal: Refusal | null;
}

export type Checked = { readonly look: Look; readonly keeper: Look } | { readonly refusal: Refusal };

/** Keepers that were read a moment ago; a group's come one after another. */
const REMEMBERED = 64;

export type Checks = ReturnType<typeof createChecks>;

/** The last word before a file is moved: is all still as it was when the plan was made? */
export function createChecks(files: Files, mode: RemovalMode, protection: Protection) {
  const read = new Map<string, Promise<{ readonly sha256: string; readonly look: Look }>>();

  /** The keeper's hash, read now, or read before from the very file that is there now in the very same state. */
  async function readKeeper(path: FilePath): Promise<{ readonly sha256: string; readonly look: Look }> {
    const key = typeof path === 'string' ? path : `\0${path.toString('latin1')}`;
    const look = await files.look(path);
    const known = await read.get(key)?.catch(() => undefined);
    if (look !== null && known !== undefined && isSame(known.look, look)) return known;
    const reading = files.hash(path);
    reading.catch(() => undefined);
    read.delete(key);
    read.set(key, reading);
    for (const old of [...read.keys()].slice(0, -REMEMBERED)) read.delete(old);
    return reading;
  }

  async function checkKeeper({ keeperPath, keeperShown, keeperSha256 }: Standing): Promise<Look | Refusal> {
    const gone = (what: string): Refusal => ({ code: 'last-copy', reason: `the file that would stand for it, ${keeperShown}, ${what}` });
    try {
      const look = await files.look(keeperPath);
      if (look === null) return gone('is gone');
      if (look.kind !== 'file') return gone('is only a link');
      const keeper = await readKeeper(keeperPath);
      return keeper.sha256 === keeperSha256 ? keeper.look : gone('has changed');
    } catch (error) {
      return gone(`cannot be read: ${errorMessageOf(error)}`);
    }
  }

  return {
    async check(item: PlannedItem, standing: Standing): Promise<Checked> {
      try {
        return await checkItem(item, standing);
      } catch (error) {
        return { refusal: refusalOf(error) };
      }
    },
  };

  async function checkItem(item: PlannedItem, standing: Standing): Promise<Checked> {
    const { path, sha256, keeperSha256 } = standing;
    const refuse = (code: Refusal['code'], reason: string): Checked => ({ refusal: { code, reason } });
    if (standing.refusal !== null) return { refusal: standing.refusal };
    const found = await files.look(path);
    if (found === null) return refuse('vanished', 'the file is no longer there');
    if (await protection.coversReally(path)) return refuse('protected', 'it lies in a protected folder');
    if (found.kind === 'link') return refuse('filtered', 'it is a link to a file; links are left alone');
    if (found.kind === 'other') return refuse('stale', 'it is no longer a file');
    if (found.bytes !== BigInt(item.bytes)) return refuse('stale', `it has changed: ${item.bytes} bytes when it was read, ${found.bytes} now`);
    const keeper = await checkKeeper(standing);
    if ('code' in keeper) return { refusal: keeper };
    if (isSameFile(found, keeper)) return refuse('filtered', `it is the very file that is kept, ${standing.keeperShown}, by another name: nothing would be freed`);
    if (mode === 'hard-link') {
      if (await protection.coversReally(standing.keeperPath)) return refuse('protected', KEEPER_PROTECTED);
      const reason = whyNoLink(found, keeper, sha256 === keeperSha256);
      if (reason !== null) return refuse('filtered', reason);
    }
    const { sha256: actual, look } = await files.hash(path);
    if (actual !== sha256) return refuse('stale', 'it has changed: its size is the same, its content is not');
    return { look, keeper };
  }
}

/** Whoever edits the link edits the protected file. */
export const KEEPER_PROTECTED = 'the file that is kept lies in a protected folder, and through a link to it could be changed';

/** What a link would change besides the place of the bytes. */
function whyNoLink(file: Look, keeper: Look, isSameContent: boolean): string | null {
  if (!isSameContent) return 'only files of the very same bytes can be replaced by a link';
  if (file.device !== keeper.device) return 'the file that is kept lies on another volume, and links do not reach there';
  if (file.owner !== keeper.owner || file.group !== keeper.group || file.mode !== keeper.mode) return 'its owner or its permissions differ from those of the file that is kept, and a link would have the latter’s';
  return null;
}

export function refusalOf(error: unknown): Refusal {
  // What a defect of ours means for one file is that it stays where it is.
  const code = isDiskFailure(error) ? 'offline' : errorCodeOf(error);
  if (error instanceof ProofsheetError) return { code, reason: error.message };
  return { code, reason: isFolderClosed(error) ? 'its folder may not be written to, so the file cannot be moved' : errorMessageOf(error) };
}

/** What may not be read says so when it is opened; here it is the folder that refuses. */
function isFolderClosed(error: unknown): boolean {
  const { code, syscall } = error as { readonly code?: unknown; readonly syscall?: unknown };
  return code === 'EACCES' && (syscall === 'rename' || syscall === 'link' || syscall === 'unlink');
}
