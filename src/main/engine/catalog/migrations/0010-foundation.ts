/** Statements of a trigger that count a job's row, or take it from the count. */
function count(row: 'old' | 'new', step: 1 | -1): string {
  const add = (dimension: string, value: string, condition: string): string => `
  INSERT INTO tally SELECT ${row}.batch_id, '${dimension}', ${value}, ${step === 1 ? 1 : 0} WHERE ${condition}
    ON CONFLICT DO UPDATE SET n = n + (${step});`;
  return [
    add('state', `${row}.state`, '1'),
    add('failure', `${row}.error_code`, `${row}.state IN ('failed', 'quarantined')`),
    add('verdict', `${row}.verdict`, `${row}.verdict IS NOT NULL`),
    add('asset', `iif(${row}.asset_is_new, 'new', 'existing')`, `${row}.asset_id IS NOT NULL`),
  ].join('');
}

/**
 * Locations are split into a container (folder path, or a URL up to its last slash) and a name: a million files share
 * few containers, which halves the file. Times are milliseconds since 1970 UTC.
 */
export const foundation = {
  version: 10,
  name: '0010-foundation',
  sql: `
CREATE TABLE asset (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
  pixel_sha256 BLOB CHECK (pixel_sha256 IS NULL OR length(pixel_sha256) = 32),
  name TEXT NOT NULL,
  format TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  orientation INTEGER NOT NULL,
  frames INTEGER NOT NULL,
  has_alpha INTEGER NOT NULL,
  color_space TEXT NOT NULL,
  taken_at INTEGER,
  category TEXT,
  flags TEXT NOT NULL,
  metadata TEXT NOT NULL,
  score REAL NOT NULL,
  sharpness REAL NOT NULL,
  contrast REAL NOT NULL,
  brightness REAL NOT NULL,
  colorfulness REAL NOT NULL,
  resolution REAL NOT NULL,
  placeholder TEXT NOT NULL,
  stored INTEGER NOT NULL DEFAULT 0,
  pipeline INTEGER NOT NULL,
  -- The job that brought it: ids of jobs follow the order in which files were found, whenever each was finished.
  added_order INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX asset_added ON asset (added_order);

CREATE TABLE fingerprint (
  asset_id INTEGER PRIMARY KEY REFERENCES asset ON DELETE CASCADE,
  pdq BLOB NOT NULL CHECK (length(pdq) = 256),
  pdq_quality INTEGER NOT NULL,
  phash BLOB NOT NULL CHECK (length(phash) = 8),
  dhash BLOB NOT NULL CHECK (length(dhash) = 8),
  -- Codes of the picture without its borders, and its local features: empty where there are none.
  variants BLOB NOT NULL DEFAULT x'',
  features BLOB NOT NULL DEFAULT x''
) STRICT;

CREATE INDEX fingerprint_phash ON fingerprint (phash);
CREATE INDEX fingerprint_dhash ON fingerprint (dhash);

CREATE TABLE rendition (
  asset_id INTEGER NOT NULL REFERENCES asset ON DELETE CASCADE,
  preset TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  quality INTEGER NOT NULL,
  pipeline INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (asset_id, preset)
) STRICT, WITHOUT ROWID;

CREATE TABLE container (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE source (
  id INTEGER PRIMARY KEY,
  container_id INTEGER NOT NULL REFERENCES container,
  name TEXT NOT NULL,
  raw_path BLOB,
  bytes INTEGER,
  mtime_ms REAL,
  seen_key TEXT,
  asset_id INTEGER REFERENCES asset,
  sha256 BLOB,
  format TEXT,
  width INTEGER,
  height INTEGER,
  verdict TEXT,
  error_code TEXT,
  error_message TEXT,
  missing_since INTEGER,
  wrong_extension INTEGER NOT NULL DEFAULT 0
) STRICT;
-- A name that is not UTF-8 is shown with \\xNN, which another file may bear as its name to the letter.
CREATE UNIQUE INDEX source_place ON source (container_id, name, raw_path IS NOT NULL);
CREATE INDEX source_asset ON source (asset_id) WHERE asset_id IS NOT NULL;
CREATE INDEX source_wrong_extension ON source (asset_id) WHERE wrong_extension = 1 AND missing_since IS NULL AND asset_id IS NOT NULL;

CREATE TABLE batch (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  parent_id INTEGER REFERENCES batch,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  sequence INTEGER NOT NULL DEFAULT 1,
  total_split INTEGER NOT NULL DEFAULT 1,
  paused INTEGER NOT NULL DEFAULT 0,
  cancelled_at INTEGER,
  -- cut: called off while it was being read, and then some of its items were taken up again.
  scan TEXT NOT NULL CHECK (scan IN ('running', 'cut', 'done', 'failed')),
  scan_cursor INTEGER NOT NULL DEFAULT 0,
  error_code TEXT,
  error_message TEXT,
  spec TEXT,
  spec_key TEXT,
  bytes_done INTEGER NOT NULL DEFAULT 0,
  active_ms INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  deleted_at INTEGER
) STRICT;
CREATE INDEX batch_parent ON batch (parent_id);
CREATE INDEX batch_finished ON batch (finished_at);

-- run_order is the time of queueing shifted by the priority: low work that has waited long enough overtakes new work.
CREATE TABLE job (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  batch_id INTEGER REFERENCES batch,
  task TEXT NOT NULL,
  dedupe_key TEXT,
  source_id INTEGER REFERENCES source,
  row TEXT,
  params TEXT,
  state TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'done', 'failed', 'quarantined', 'skipped', 'cancelled')),
  run_order INTEGER NOT NULL,
  run_after INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  deaths INTEGER NOT NULL DEFAULT 0,
  lease_owner TEXT,
  lease_until INTEGER,
  asset_id INTEGER REFERENCES asset,
  asset_is_new INTEGER NOT NULL DEFAULT 0,
  verdict TEXT,
  error_code TEXT,
  error_message TEXT,
  finished_at INTEGER
) STRICT;
CREATE INDEX job_claim ON job (batch_id, run_order, id) WHERE state = 'queued';
CREATE INDEX job_waiting ON job (run_after) WHERE state = 'queued' AND run_after > 0;
CREATE INDEX job_leased ON job (id) WHERE state = 'leased';
CREATE INDEX job_source ON job (source_id, id);
CREATE INDEX job_batch ON job (batch_id, state, error_code);
CREATE UNIQUE INDEX job_dedupe ON job (dedupe_key) WHERE dedupe_key IS NOT NULL AND state IN ('queued', 'leased');

-- How many items of a batch are in each state, failed for each reason, got each verdict, and led to a new or a known
-- asset. Kept by triggers, so that the sums agree at every instant whatever statement changed a job, and so that
-- progress of a million items is read from a handful of rows.
CREATE TABLE tally (
  batch_id INTEGER NOT NULL,
  dimension TEXT NOT NULL CHECK (dimension IN ('state', 'failure', 'verdict', 'asset')),
  value TEXT NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 0),
  PRIMARY KEY (batch_id, dimension, value)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER job_inserted AFTER INSERT ON job WHEN new.batch_id IS NOT NULL BEGIN
${count('new', 1)}
END;
CREATE TRIGGER job_moved AFTER UPDATE OF state, verdict, error_code, asset_id, asset_is_new ON job WHEN new.batch_id IS NOT NULL BEGIN
${count('old', -1)}
${count('new', 1)}
END;
CREATE TRIGGER job_removed AFTER DELETE ON job WHEN old.batch_id IS NOT NULL BEGIN
${count('old', -1)}
END;

-- Totals of the catalog, kept by triggers too: counting a million rows for a sidebar is not.
CREATE TABLE total (key TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO total VALUES ('assets', 0), ('asset-bytes', 0), ('renditions', 0), ('rendition-bytes', 0);
CREATE TRIGGER asset_inserted AFTER INSERT ON asset BEGIN
  UPDATE total SET n = n + 1 WHERE key = 'assets';
  UPDATE total SET n = n + new.bytes WHERE key = 'asset-bytes';
END;
CREATE TRIGGER asset_removed AFTER DELETE ON asset BEGIN
  UPDATE total SET n = n - 1 WHERE key = 'assets';
  UPDATE total SET n = n - old.bytes WHERE key = 'asset-bytes';
END;
CREATE TRIGGER rendition_inserted AFTER INSERT ON rendition BEGIN
  UPDATE total SET n = n + 1 WHERE key = 'renditions';
  UPDATE total SET n = n + new.bytes WHERE key = 'rendition-bytes';
END;
CREATE TRIGGER rendition_removed AFTER DELETE ON rendition BEGIN
  UPDATE total SET n = n - 1 WHERE key = 'renditions';
  UPDATE total SET n = n - old.bytes WHERE key = 'rendition-bytes';
END;

CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE followed (path TEXT PRIMARY KEY, since INTEGER NOT NULL, copy INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`,
} as const;
