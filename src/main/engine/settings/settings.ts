import type Database from 'better-sqlite3';
import { DEFAULT_DOWNLOADS, KEEPER_RULES, POLICY_PROFILES, settingsSchema, type Settings } from '../../../contract/index.ts';

export interface SettingsStore {
  get(): Settings;
  set(change: Partial<Settings>): Settings;
}

/** 5000 rows in a part, nothing protected, all keeper rules in their order, and the standard policy: 50 MB, 50 megapixels, 8000 px a side. */
const DEFAULT_SETTINGS: Settings = { policy: POLICY_PROFILES.standard, maxBatchSize: 5000, protectedFolders: [], downloads: DEFAULT_DOWNLOADS, keeperRules: KEEPER_RULES.map((rule) => ({ rule, enabled: true })) };

export function createSettings(db: Database.Database): SettingsStore {
  const read = db.prepare<[], { key: string; value: string }>('SELECT key, value FROM setting');
  const write = db.prepare<[string, string]>('INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value');
  let current = settingsSchema.parse({ ...DEFAULT_SETTINGS, ...Object.fromEntries(read.all().map(({ key, value }) => [key, JSON.parse(value) as unknown])) });
  return {
    get: () => current,
    set(change) {
      current = settingsSchema.parse({ ...current, ...change });
      db.transaction(() => { for (const [key, value] of Object.entries(current)) write.run(key, JSON.stringify(value)); }).immediate();
      return current;
    },
  };
}
