import { refusalOf } from './checks.ts';
import { skipRest } from './apply.ts';
import type { Files } from './files.ts';
import type { Journal, JournalItem, Refusal, Returned } from './journal.ts';
import { volumeOf } from './places.ts';
import type { Plans } from './plan.ts';
import { failureOf, recoverItem, tidyUp, type RestoreOptions } from './restore.ts';

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

const PAGE = 500;
const SILENT: Refusal = { code: 'offline', reason: 'the volume it lies on does not answer' };
const WAITING: Refusal = { code: 'offline', reason: 'another volume does not answer, and this one is looked at after it' };

export function createRecovery({ files, journal, plans, places, isStopping, answerMs }: RecoveryDependencies): Recovery {
  /**
   * The volume that was asked and has not answered yet. The question holds a thread until it does, of the few that every
   * file of the process is read with: no other volume is asked as long.
   */
  let asked: string | null = null;

  return {
    async run() {
      const touched = new Set<number>();
      const answers = new Map<string, Refusal | null>();
      // What did not answer the last time is asked last: others would have to wait for it again.
      for (const isPatient of [false, true]) {
        for (const items of pages()) {
          for (const id of await settlePage(items.filter(({ errorMessage }) => (errorMessage === SILENT.reason) === isPatient), answers)) touched.add(id);
        }
      }
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

  function* pages(): Generator<readonly JournalItem[]> {
    for (let last: JournalItem | undefined; ;) {
      const items = journal.intents(last, PAGE);
      if (items.length === 0) return;
      yield items;
      last = items.at(-1);
    }
  }

  /** @returns the operations of which something is known now that was not */
  async function settlePage(items: readonly JournalItem[], answers: Map<string, Refusal | null>): Promise<Set<number>> {
    const touched = new Set<number>();
    const unseen: Returned[] = [];
    for (const item of items) {
      const refusal = await settle(item, answers);
      if (refusal !== null && item.errorCode === refusal.code && item.errorMessage === refusal.reason) continue;
      touched.add(item.operationId);
      if (refusal !== null) unseen.push({ item, state: 'unseen', refusal });
    }
    if (unseen.length > 0) journal.settleReturns(unseen);
    return touched;
  }

  /** @returns why it cannot be told what became of it; null when it is settled */
  async function settle(item: JournalItem, answers: Map<string, Refusal | null>): Promise<Refusal | null> {
    const volume = volumeOf(item);
    try {
      const known = answers.get(volume);
      const answer = known === undefined ? await ask(volume, item) : known;
      answers.set(volume, answer);
      return answer ?? await settleIntent(item);
    } catch (error) {
      if (isStopping()) throw error;
      return refusalOf(error);
    }
  }

  async function settleIntent(item: JournalItem): Promise<Refusal | null> {
    const end = await recoverItem(files, item, journal.pathOf(item.sourceId), journal.pathOf(item.keeperId));
    const { id, operationId, state, place } = item;
    if (end.kind === 'unseen') return { code: 'offline', reason: end.reason };
    if (end.kind === 'skipped') journal.settleMoves(operationId, [{ item, id, refusal: { code: 'cancelled', reason: end.reason } }]);
    else if (state === 'moving' && end.kind === 'moved') journal.settleMoves(operationId, [{ item, id, link: end.link, failure: null }]);
    else journal.settleReturns([{ item, state: end.kind, refusal: null }]);
    if (end.kind !== 'moved' && place !== null) await tidyUp({ files, places }, item, place);
    return null;
  }

  /** By one file for all on its volume. A network volume whose server is gone lets a look hang for minutes. */
  async function ask(volume: string, { place, sourceId }: JournalItem): Promise<Refusal | null> {
    if (asked !== null) return asked === volume ? SILENT : WAITING;
    const paths = [...place === null ? [] : [place], journal.pathOf(sourceId)];
    asked = volume;
    const answer = failureOf(files, paths).finally(() => { asked = null; });
    const limit = Promise.withResolvers<Refusal>();
    const timer = setTimeout(limit.resolve, answerMs, SILENT);
    try {
      return await Promise.race([answer, limit.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
