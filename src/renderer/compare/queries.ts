import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Asset, Comparison, Transform } from '../../contract/index.ts';
import { fullSizeUrl, renditionUrl, useClient, useHost } from '../connect/context.tsx';
import { TILED_FROM_PIXELS } from '../../contract/presets.ts';
import type { EngineClient } from '../connect/connection.ts';

/** A candidate as it is asked for: what was done to the first one to get it. */
export interface CandidateId {
  readonly assetId: number;
  readonly transform: Transform;
}

function assetQuery(client: EngineClient, id: number) {
  return { queryKey: ['assets', 'get', id], queryFn: ({ signal }: { readonly signal: AbortSignal }) => client.assets.get({ id }, { signal }) };
}

/** What is known of each, as far as it is there. */
export function useAssets(ids: readonly number[]): readonly { readonly asset: Asset | undefined; readonly error: Error | null }[] {
  const client = useClient();
  return useQueries({ queries: ids.map((id) => assetQuery(client, id)) }).map(({ data, error }) => ({ asset: data, error }));
}

export interface Measured {
  readonly comparison: Comparison | undefined;
  readonly error: Error | null;
}

/** The first candidate measured against each of the others. What is not looked at any more is not computed. */
export function useComparisons([first, ...others]: readonly CandidateId[], enabled: boolean): readonly Measured[] {
  const client = useClient();
  return useQueries({
    queries: others.map(({ assetId, transform }) => ({
      queryKey: ['compare', first?.assetId, assetId, transform],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => client.compare.pair({ a: { assetId: first?.assetId ?? 0 }, b: { assetId }, transform }, { signal }),
      enabled: enabled && first !== undefined,
      retry: false,
    })),
  }).map(({ data, error }) => ({ comparison: data, error }));
}

/** Has what comes next fetched: its facts, its rendition, and its full size where one is zoomed in. */
export function usePreload(ids: readonly number[], fullSize: boolean): void {
  const client = useClient();
  const host = useHost();
  const queries = useQueryClient();
  const key = ids.join();
  useEffect(() => {
    const images: HTMLImageElement[] = [];
    let wanted = true;
    for (const id of key.split(',').filter(Boolean).map(Number)) {
      queries.query({ ...assetQuery(client, id), staleTime: 'static' }).then(({ sha256, width, height }) => {
        if (!wanted) return;
        images.push(Object.assign(new Image(), { src: renditionUrl(host, sha256, 'zoom') }));
        // Tiles are fetched when one sees which.
        if (fullSize && width * height <= TILED_FROM_PIXELS) images.push(Object.assign(new Image(), { src: fullSizeUrl(host, id), decoding: 'async' }));
      }, () => undefined); // it will be asked for again when it is shown, and told then
    }
    return () => {
      wanted = false;
      for (const image of images) image.removeAttribute('src');
    };
  }, [client, host, queries, key, fullSize]);
}
