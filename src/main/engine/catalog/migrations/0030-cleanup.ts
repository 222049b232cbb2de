/** Decisions, plans, and the journal of every change to the user's files. */
export const cleanup = {
  version: 30,
  name: '0030-cleanup',
  sql: `
CREATE TABLE operation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  mode TEXT,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
`,
} as const;
