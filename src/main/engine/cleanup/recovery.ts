import { refusalOf } from './checks.ts';
import { skipRest } from './apply.ts';
import type { Files } from './files.ts';
import type { Journal, JournalItem, Refusal } from './journal.ts';
import { folderOf } from './paths.ts';
import type { Plans } from './plan.ts';
import { recoverItem, tidyUp, type RestoreOptions } from './restore.ts';

export interface RecoveryDependencies {
  readonly files: Files;
  readonly journal: Journal;
  readonly plans: Plans;
  readonly places: RestoreOptions['places'];
  readonly isStopping: () => boolean;
  /** How long a volume may take to answer before it counts as unreachable, milliseconds. */
  readonly answerMs: number;
}

export interface Recovery {
  /**
   * Finds out what became of what an engine before this one, or a disk that failed, cut short. Of what cannot be told now
   * it is noted why, and it keeps nothing else back.
   * @returns true when something is known now that was not
   */
  run(): Promise<boolean>;
}

const SILENT: Refusal = { code: 'offline', reason: 'the volume it lies on does not answer' };

export function createRecovery({ files, journal, plans, places, isStopping, answerMs }: RecoveryDependencies): Recovery {
  /** Devices that were asked and have not answered yet: each question takes a thread until they do. */
  const silent = new Set<string>();

  return {
    async run() {
      const touched = new Set<number>();
      for (const item of journal.intents()) if (await settle(item)) touched.add(item.operationId);
      for (const { id, kind, state, planId } of journal.unfinished()) {
        if (kind === 'cleanup' && state === 'running' && planId !== null) {
          await skipRest({ journal, operationId: id, itemsFrom: (start, count) => plans.removals(planId, start, count) }, { code: 'cancelled', reason: 'Proofsheet ended before it was its turn' });
        }
        touched.add(id);
      }
      for (const id of touched) journal.settleOperation(id);
      return touched.size > 0;
    },
  };

  /** @returns true when something is known now that was not */
  async function settle(item: JournalItem): Promise<boolean> {
    try {
      if (!await doesAnswer(item)) return noteUnreachable(item, SILENT);
      return await settleIntent(item);
    } catch (error) {
      if (isStopping()) throw error;
      return noteUnreachable(item, refusalOf(error));
    }
  }

  async function settleIntent(item: JournalItem): Promise<boolean> {
    const end = await recoverItem(files, item, journal.pathOf(item.sourceId), journal.pathOf(item.keeperId));
    const { id, operationId, state, place } = item;
    if (end.kind === 'unseen') return noteUnreachable(item, { code: 'offline', reason: end.reason });
    if (end.kind === 'skipped') journal.settleMoves(operationId, [{ item, id, refusal: { code: 'cancelled', reason: end.reason } }]);
    else if (state === 'moving' && end.kind === 'moved') journal.settleMoves(operationId, [{ item, id, link: end.link, failure: null }]);
    else journal.settleReturns([{ item, state: end.kind, refusal: null }]);
    if (end.kind !== 'moved' && place !== null) await tidyUp({ files, places }, item, place);
    return true;
  }

  function noteUnreachable(item: JournalItem, refusal: Refusal): boolean {
    if (item.errorCode === refusal.code && item.errorMessage === refusal.reason) return false;
    journal.settleReturns([{ item, state: 'unseen', refusal }]);
    return true;
  }

  /** A network volume whose server is gone lets a look hang for minutes. An error is an answer too. */
  async function doesAnswer({ place, device, sourceId }: JournalItem): Promise<boolean> {
    const key = device ?? '';
    if (silent.has(key)) return false;
    silent.add(key);
    const looks = [journal.pathOf(sourceId), ...place === null ? [] : [place]].map((path) => files.look(folderOf(path)));
    const answer = Promise.allSettled(looks).then(() => {
      silent.delete(key);
      return true;
    });
    const limit = Promise.withResolvers<boolean>();
    const timer = setTimeout(limit.resolve, answerMs, false);
    try {
      return await Promise.race([answer, limit.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
