import type Database from 'better-sqlite3';

interface Pending {
  readonly write: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommit {
  /** Runs `write` in the next shared transaction; resolves once that transaction is committed. */
  submit<T>(write: () => T): Promise<T>;
  /** Commits what is pending now. */
  flush(): void;
}

/**
 * Gathers small writes into one transaction: a commit costs as much as a hundred row updates.
 * Each write runs in a savepoint of its own, so a failing one takes nothing with it.
 * @param delayMs how long a write may wait for company, milliseconds
 */
export function createGroupCommit(db: Database.Database, delayMs: number): GroupCommit {
  let pending: Pending[] = [];
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length === 0) return;
    const group = pending;
    pending = [];
    const settle: (() => void)[] = [];
    try {
      db.transaction(() => {
        for (const { write, resolve, reject } of group) {
          try {
            const value = db.transaction(write)();
            settle.push(() => { resolve(value); });
          } catch (error) {
            if (!db.inTransaction) throw error;
            settle.push(() => { reject(error); });
          }
        }
      }).immediate();
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const announce of settle) announce();
  }

  return {
    submit: <T>(write: () => T) => new Promise<T>((resolve, reject) => {
      pending.push({ write, resolve: resolve as (value: unknown) => void, reject });
      if (pending.length >= 256) flush();
      else timer ??= setTimeout(flush, delayMs);
    }),
    flush,
  };
}
