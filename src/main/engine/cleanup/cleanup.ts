import { existsSync } from 'node:fs';
import type Database from 'better-sqlite3';
import type { KeeperRule, Settings } from '../../../contract/index.ts';
import type { Reader } from '../catalog/reader.ts';
import { ProofsheetError } from '../errors.ts';
import type { Files } from './files.ts';
import type { GroupSource } from './groups.ts';
import { createActs } from './acts.ts';
import { createJournal } from './journal.ts';
import { activeRules } from './keeper-rules.ts';
import { createOperations, type Patience } from './operations.ts';
import { createPlans } from './plan.ts';
import { createProtection, type Protection } from './protection.ts';
import { createReview } from './review.ts';
import { createTallies } from './tally.ts';

export interface CleanupDependencies {
  readonly db: Database.Database;
  readonly reader: Reader;
  readonly groups: GroupSource;
  readonly files: Files;
  readonly settings: () => Settings;
  readonly scansEnded: () => Promise<void>;
  readonly now: () => number;
  /** Decisions, plans, operations or the quarantine changed. */
  readonly onChanged: () => void;
  /** Files of the user's came or went. */
  readonly onFilesChanged: () => void;
  readonly onDefect: (error: unknown) => void;
  readonly patience?: Patience;
}

export type Cleanup = ReturnType<typeof createCleanup>;

/** Deciding about groups, planning, and changing the user's files: everything here can be undone, except emptying. */
export function createCleanup({ db, reader, groups, files, settings, scansEnded, now, onChanged, onFilesChanged, onDefect, ...rest }: CleanupDependencies) {
  const acts = createActs();
  const journal = createJournal(db, now);
  const plans = createPlans({ db, reader, groups, files, pathOf: journal.pathOf, now });
  let known: { readonly folders: readonly string[]; readonly protection: Protection } | undefined;

  /** Made anew when other folders are protected; then everything is judged anew too. */
  function protection(): Protection {
    const { protectedFolders } = settings();
    if (known?.folders !== protectedFolders) {
      if (known !== undefined && known.folders.join('\0') !== protectedFolders.join('\0')) tallies.forget();
      known = { folders: protectedFolders, protection: createProtection(protectedFolders) };
    }
    return known.protection;
  }

  const rules = (): readonly KeeperRule[] => activeRules(settings().keeperRules);
  const tallies = createTallies({ groups, reader, protection, onCounted: onChanged, onDefect });
  const review = createReview({ db, reader, groups, tallies, protection, rules, now, onChanged });
  const operations = createOperations({
    db, reader, files, journal, plans, acts, protectedFolders: () => settings().protectedFolders, scansEnded, now, onDefect, ...rest,
    onChanged() {
      onChanged();
      onFilesChanged();
    },
  });
  operations.begin();

  return {
    journal, plans, review, operations, acts, rules,
    /** @throws ProofsheetError `not-found` for a folder that is not there: a typing error would protect nothing */
    protectionWith: (folders: readonly string[]): Protection => {
      const missing = folders.find((folder) => !existsSync(folder));
      if (missing !== undefined) throw new ProofsheetError('not-found', `There is no folder ${missing} to be protected.`);
      return createProtection([...settings().protectedFolders, ...folders]);
    },
    /** Ends what is at work after the files it is busy with. */
    async stop(): Promise<void> {
      tallies.forget();
      await operations.stop();
    },
  };
}
