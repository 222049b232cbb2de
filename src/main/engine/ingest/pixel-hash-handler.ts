import type Database from 'better-sqlite3';
import type { JobHandler } from '../jobs/runner.ts';
import type { PixelHashInput } from '../similarity/pixel-hash-task.ts';
import type { Originals } from '../assets/originals.ts';

export function createPixelHashHandler({ db, originals }: { readonly db: Database.Database; readonly originals: Originals }): JobHandler {
  const store = db.prepare<[Uint8Array, number]>('UPDATE asset SET pixel_sha256 = ? WHERE id = ?');
  const contentOf = db.prepare<[number], { sha256: string; bytes: number }>('SELECT lower(hex(sha256)) AS sha256, bytes FROM asset WHERE id = ?');
  const assetOf = (params: string | null): number => (JSON.parse(params ?? '{}') as { assetId: number }).assetId;
  return {
    task: 'pixel-hash',
    prepare(job) {
      const assetId = assetOf(job.params);
      const path = originals.find(assetId);
      const content = contentOf.get(assetId);
      if (path === null || !content) return { outcome: { state: 'failed', error: { code: 'not-found', message: 'no file of this image is there any more' } } };
      const input: PixelHashInput = { path, ...content };
      return { input };
    },
    commit(job, hash) {
      const assetId = assetOf(job.params);
      store.run(Buffer.from(String(hash), 'hex'), assetId);
      return { state: 'done', assetId };
    },
  };
}
