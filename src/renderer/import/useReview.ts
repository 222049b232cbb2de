import { useEffect, useState } from 'react';
import type { Review } from '../../contract/index.ts';
import { useClient, useConnectionStatus } from '../connect/context.tsx';

export interface ReviewInput {
  readonly paths: readonly string[];
  readonly sourceColumn?: string;
  readonly name?: string;
}

/** Counts what would be imported; the counts grow while the engine looks. Starts again when the input changes. */
export function useReview({ paths, sourceColumn, name }: ReviewInput): { readonly review: Review | null; readonly error: unknown } {
  const client = useClient();
  const connected = useConnectionStatus() === 'connected';
  const [review, setReview] = useState<Review | null>(null);
  const [error, setError] = useState<unknown>(null);

  useEffect(() => {
    if (!connected || paths.length === 0) return;
    const controller = new AbortController();
    const run = async () => {
      const stream = await client.ingest.review({ paths: [...paths], ...(sourceColumn && { sourceColumn }), ...(name && { name }) }, { signal: controller.signal });
      for await (const value of stream) {
        setReview(value);
        setError(null);
      }
    };
    run().catch((reason: unknown) => { if (!controller.signal.aborted) setError(reason); });
    return () => controller.abort();
  }, [client, connected, paths, sourceColumn, name]);

  return { review, error };
}
