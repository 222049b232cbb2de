import { ProofsheetError } from '../errors.ts';

/** Something long that somebody asked for and may call off. */
export interface Act {
  /** Known once it has begun to change files. */
  operationId: number | null;
  isEnded: boolean;
}

/** By the operation, or by what the asking named the act: before it has begun there is no operation. */
export type ActName = { readonly operationId: number } | { readonly token: string };

export type Acts = ReturnType<typeof createActs>;

/** What is at work, or waits for its turn, and can be called off. */
export function createActs() {
  const acts = new Map<Act, string | undefined>();
  return {
    async run<Result>(token: string | undefined, work: (act: Act) => Promise<Result>): Promise<Result> {
      const act: Act = { operationId: null, isEnded: false };
      acts.set(act, token);
      try {
        return await work(act);
      } finally {
        acts.delete(act);
      }
    },
    /** @returns false when there is no such act any more */
    cancel(name: ActName): boolean {
      const found = [...acts].filter(([act, token]) => ('token' in name ? token === name.token : act.operationId === name.operationId));
      for (const [act] of found) act.isEnded = true;
      return found.length > 0;
    },
  };
}

/** @throws ProofsheetError `cancelled` */
export function throwIfEnded({ isEnded }: Act): void {
  if (isEnded) throw new ProofsheetError('cancelled', 'It was called off.');
}
