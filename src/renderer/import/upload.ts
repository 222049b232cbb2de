import type { Host } from '../connect/host.ts';
import type { DroppedFile } from './dropped.ts';

const PARALLEL = 3;

/**
 * Copies dropped files to the loopback host; answers the folder they lie in. One failure ends it, and what came before
 * is left to the host's own clearing up.
 */
export async function uploadFiles(upload: NonNullable<Host['upload']>, files: readonly DroppedFile[], onProgress: (done: number) => void): Promise<string> {
  const { id } = await post(upload, '/upload/begin', {}) as { readonly id: string };
  let done = 0;
  const queue = files.values();
  const failure = new AbortController();
  const { signal } = failure;
  const sendRest = async () => {
    for (const { path, file } of queue) {
      await post(upload, `/upload/${id}`, { body: file, headers: { 'X-Proofsheet-Name': encodeURIComponent(path) }, signal });
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
  return path;
}

async function post(upload: NonNullable<Host['upload']>, path: string, init: RequestInit): Promise<unknown> {
  const response = await upload(path, { ...init, method: 'POST' });
  const answer = await response.json() as { readonly error?: { readonly message: string } };
  if (!response.ok) throw new Error(answer.error?.message ?? `The upload was answered with status ${response.status}.`);
  return answer;
}
