import { useQueries } from '@tanstack/react-query';
import type { Transform } from '../../contract/index.ts';
import { useClient } from '../connect/context.tsx';
import { inverse } from './view.ts';

export interface Relations {
  /** False while they are still being found. */
  readonly ready: boolean;
  /** Those that were made of another one by cutting, framing or marking. */
  readonly derived: ReadonlySet<number>;
  /** What was done to one to get the other. */
  readonly transform: (one: number, other: number) => Transform;
  readonly isNotDuplicate: (one: number, other: number) => boolean;
}

/** How each two of a few images came from each other, and whether somebody said that they did not. */
export function useRelations(ids: readonly number[], enabled: boolean): Relations {
  const client = useClient();
  const pairs = ids.flatMap((a, at) => ids.slice(at + 1).map((b) => ({ a, b })));
  const found = useQueries({
    queries: pairs.map((pair) => ({
      queryKey: ['similarity', 'pair', pair.a, pair.b],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => client.similarity.pair(pair, { signal }),
      enabled,
      retry: false,
    })),
  });
  const between = (one: number, other: number) => {
    const at = pairs.findIndex(({ a, b }) => (a === one && b === other) || (a === other && b === one));
    return { data: found[at]?.data, isSwapped: pairs[at]?.a === other };
  };
  return {
    ready: enabled && found.every(({ isPending }) => !isPending),
    derived: new Set(found.flatMap(({ data }) => data?.derived ?? [])),
    transform: (one, other) => {
      const { data, isSwapped } = between(one, other);
      const transform = data?.evidence?.transform ?? 'identity';
      return isSwapped ? inverse(transform) : transform;
    },
    isNotDuplicate: (one, other) => between(one, other).data?.isNotDuplicate ?? false,
  };
}
