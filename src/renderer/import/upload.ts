import type { ErrorCode } from '../../contract/index.ts';
import { HostError } from '../connect/errors.ts';
import type { Host } from '../connect/host.ts';
import type { DroppedFile } from './dropped.ts';

const PARALLEL = 3;

/**
 * Copies dropped files to the loopback host; answers the folder they lie in, or the lists among them by themselves. One failure ends it, and what came before
 * is left to the host's own clearing up.
 */
export async function uploadFiles(upload: NonNullable<Host['upload']>, files: readonly DroppedFile[], onProgress: (done: number) => void): Promise<readonly string[]> {
  const { id } = await post(upload, '/upload/begin', {}) as { readonly id: string };
  const lists: string[] = [];
  const onlyLists = files.every((file) => isList(file, true));
  let done = 0;
  const queue = files.values();
  const failure = new AbortController();
  const { signal } = failure;
  const sendRest = async () => {
    for (const { path, file } of queue) {
      const stored = await post(upload, `/upload/${id}`, { body: file, headers: { 'X-Proofsheet-Name': encodeURIComponent(path) }, signal }) as { readonly path: string };
      if (isList({ path }, onlyLists)) lists.push(stored.path);
      if (signal.aborted) return;
      onProgress(++done);
    }
  };
  try {
    await Promise.all(Array.from({ length: PARALLEL }, sendRest));
  } catch (error) {
    failure.abort();
    throw error;
  }
  const { path } = await post(upload, `/upload/${id}/end`, {}) as { readonly path: string };
  return onlyLists ? lists : [...lists, path];
}

/** A text or JSON file among pictures is a note or their data; by itself it is a list. */
export function isList({ path }: Pick<DroppedFile, 'path'>, alone: boolean): boolean {
  return !path.includes('/') && (alone ? /\.(?:csv|tsv|txt|jsonl?|ndjson)$/i : /\.(?:csv|tsv|jsonl|ndjson)$/i).test(path);
}

async function post(upload: NonNullable<Host['upload']>, path: string, init: RequestInit): Promise<unknown> {
  const response = await upload(path, { ...init, method: 'POST' });
  const answer = await response.json() as { readonly error?: { readonly code: ErrorCode; readonly message: string } };
  if (!response.ok) throw new HostError(answer.error?.code ?? 'internal', answer.error?.message ?? `The upload was answered with status ${response.status}.`);
  return answer;
}
