/** Decisions, plans, and the journal of every change to the user's files. Times are milliseconds since 1970 UTC. */
export const cleanup = {
  version: 30,
  name: '0030-cleanup',
  sql: `
-- Names the workspace in quarantine folders outside of it, wherever it is moved to.
CREATE TABLE workspace_identity (id TEXT NOT NULL) STRICT;
INSERT INTO workspace_identity VALUES (lower(hex(randomblob(8))));

-- By content and place: another content in the place, or the content in another place, was not decided.
CREATE TABLE decision (
  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
  source_id INTEGER NOT NULL REFERENCES source,
  choice TEXT NOT NULL CHECK (choice IN ('keep', 'remove')),
  decided_at INTEGER NOT NULL,
  PRIMARY KEY (sha256, source_id)
) STRICT, WITHOUT ROWID;

-- dropped: its items were cleared away to make room for newer plans.
CREATE TABLE plan (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL CHECK (state IN ('building', 'ready', 'applied', 'dropped')),
  level TEXT NOT NULL,
  mode TEXT NOT NULL,
  protect TEXT NOT NULL,
  merges INTEGER NOT NULL,
  groups INTEGER NOT NULL DEFAULT 0,
  kept INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE plan_item (
  plan_id INTEGER NOT NULL REFERENCES plan,
  list TEXT NOT NULL CHECK (list IN ('keep', 'remove', 'held')),
  place INTEGER NOT NULL,
  group_id TEXT NOT NULL,
  source_id INTEGER NOT NULL REFERENCES source,
  asset_id INTEGER NOT NULL REFERENCES asset,
  -- The file that stands for a removed one.
  keeper_id INTEGER REFERENCES source,
  keeper_asset_id INTEGER REFERENCES asset,
  bytes INTEGER NOT NULL,
  rule TEXT NOT NULL,
  code TEXT,
  reason TEXT NOT NULL,
  -- The reason in parts, as JSON.
  facts TEXT,
  PRIMARY KEY (plan_id, list, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE operation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('cleanup', 'restore', 'empty-quarantine')),
  mode TEXT,
  state TEXT NOT NULL CHECK (state IN ('running', 'applied', 'undoing', 'undone', 'partly-undone')),
  plan_id INTEGER REFERENCES plan,
  planned INTEGER NOT NULL DEFAULT 0,
  moved INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0,
  restored INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;

-- moving, restoring and deleting are intents: written, and on the disk, before the file is touched. An engine that finds
-- one at its start looks at the disk and writes what became of it.
CREATE TABLE operation_item (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  operation_id INTEGER NOT NULL REFERENCES operation,
  source_id INTEGER NOT NULL REFERENCES source,
  asset_id INTEGER NOT NULL REFERENCES asset,
  keeper_id INTEGER NOT NULL REFERENCES source,
  path TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('moving', 'moved', 'skipped', 'restoring', 'restored', 'deleting', 'deleted', 'lost')),
  -- Where the file was moved to; bytes where the name is not UTF-8.
  place ANY,
  -- Of the moved file, by which it is known again, and of the link that was left in its place. 64 bits that JavaScript's
  -- numbers cannot hold.
  device TEXT,
  inode TEXT,
  mtime_ns TEXT,
  link_inode TEXT,
  -- What the catalog knew of the place when the file was moved (JSON), to know it again when it is back.
  known TEXT,
  moved_at INTEGER,
  error_code TEXT,
  error_message TEXT
) STRICT;
CREATE INDEX operation_item_order ON operation_item (operation_id, id);
CREATE INDEX operation_item_intent ON operation_item (operation_id, id) WHERE state IN ('moving', 'restoring', 'deleting');
CREATE INDEX operation_item_asset ON operation_item (asset_id);
CREATE INDEX operation_item_away ON operation_item (id) WHERE state = 'moved';

-- What keepers have from files that were removed in their favour; gone when the file is back.
CREATE TABLE inherited (
  asset_id INTEGER NOT NULL REFERENCES asset ON DELETE CASCADE,
  item_id INTEGER NOT NULL REFERENCES operation_item ON DELETE CASCADE,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (asset_id, item_id, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX inherited_item ON inherited (item_id);
`,
} as const;
