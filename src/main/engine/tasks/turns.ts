import { ProofsheetError } from '../errors.ts';

/** Lets so many at a time, first come first served; whoever gives up while waiting costs nothing. */
export interface Turns {
  /** @throws ProofsheetError `cancelled` when the signal aborts before its turn came */
  run<Result>(act: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result>;
}

export function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = [];
  let free = atOnce;

  async function take(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) throw cancelled();
    if (free > 0) {
      free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const proceed = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        waiting.splice(waiting.indexOf(proceed), 1);
        reject(cancelled());
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      waiting.push(proceed);
    });
  }

  return {
    async run(act, signal) {
      await take(signal);
      try {
        return await act();
      } finally {
        const next = waiting.shift();
        // The place is handed on, or becomes free.
        if (next) next();
        else free += 1;
      }
    },
  };
}

function cancelled(): ProofsheetError {
  return new ProofsheetError('cancelled', 'nobody waits for this any more');
}
