/**
 * Memory admission across worker threads: a counting semaphore of kibibytes in shared memory. Work is admitted by its
 * estimated peak, so memory is bounded whatever arrives, and many small images still run side by side.
 * Waiting is first come, first served (a turnstile), so a large image is not starved by small ones.
 */
const FREE = 0;
const TURNSTILE = 1;

export interface Budget {
  readonly shared: SharedArrayBuffer;
  readonly totalKib: number;
}

export function createBudget(totalBytes: number): Budget {
  const shared = new SharedArrayBuffer(8);
  const totalKib = Math.floor(totalBytes / 1024);
  new Int32Array(shared)[FREE] = totalKib;
  return { shared, totalKib };
}

/** Waits for `bytes` of the budget; disposing the result gives them back. A request above the whole budget is admitted alone. */
export async function admit({ shared, totalKib }: Budget, bytes: number): Promise<Disposable> {
  const cells = new Int32Array(shared);
  const kib = Math.min(totalKib, Math.ceil(bytes / 1024));
  while (Atomics.compareExchange(cells, TURNSTILE, 0, 1) !== 0) await changed(cells, TURNSTILE, 1);
  try {
    for (;;) {
      const free = Atomics.load(cells, FREE);
      if (free < kib) await changed(cells, FREE, free);
      else if (Atomics.compareExchange(cells, FREE, free, free - kib) === free) break;
    }
  } finally {
    Atomics.store(cells, TURNSTILE, 0);
    Atomics.notify(cells, TURNSTILE, 1);
  }
  let held = true;
  return {
    [Symbol.dispose]() {
      if (!held) return;
      held = false;
      Atomics.add(cells, FREE, kib);
      Atomics.notify(cells, FREE);
    },
  };
}

async function changed(cells: Int32Array, index: number, from: number): Promise<void> {
  const wait = Atomics.waitAsync(cells, index, from);
  if (wait.async) await wait.value;
}
