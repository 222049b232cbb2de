import { once } from 'node:events';

export interface Interrupt {
  /** Aborted by the first Ctrl-C (or SIGTERM, SIGHUP): finish what is in work, save, leave. */
  readonly signal: AbortSignal;
  /** 128 + the signal's number; 0 while there was none. */
  readonly status: () => number;
  /** Resolves at the first one. */
  readonly requested: Promise<void>;
  /** Resolves at the second one: leave now. */
  readonly insisted: Promise<void>;
}

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A terminal's Ctrl-C reaches the whole process group; the engine ignores it and waits for our word. */
export function watchInterrupts(source: NodeJS.EventEmitter): Interrupt {
  const first = new AbortController();
  const second = new AbortController();
  let status = 0;
  for (const [name, code] of Object.entries(SIGNALS)) {
    source.on(name, () => {
      if (first.signal.aborted) second.abort();
      else {
        status = code;
        first.abort();
      }
    });
  }
  return { signal: first.signal, status: () => status, requested: aborted(first.signal), insisted: aborted(second.signal) };
}

async function aborted(signal: AbortSignal): Promise<void> {
  await once(signal, 'abort');
}
