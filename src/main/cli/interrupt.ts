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

/** One Ctrl-C can arrive more than once: from the terminal, and again from npm and the launcher. No finger is this quick. */
const SAME_PRESS_MS = 400;

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A terminal's Ctrl-C reaches the whole process group; the engine ignores it and waits for our word. */
export function watchInterrupts(source: NodeJS.EventEmitter, now: () => number = () => performance.now()): Interrupt {
  const first = new AbortController();
  const second = new AbortController();
  let status = 0;
  let firstAt = 0;
  for (const [name, code] of Object.entries(SIGNALS)) {
    source.on(name, () => {
      if (first.signal.aborted) {
        if (now() - firstAt > SAME_PRESS_MS) second.abort();
      } else {
        firstAt = now();
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
