/** Rows whose change may change a group: the asset is not alone with its content, its pixels, or its looks. */
const HAS_COMPANY = (asset: string): string => `(
  EXISTS (SELECT 1 FROM source s WHERE s.asset_id = ${asset} AND s.id <> new.id)
  OR EXISTS (SELECT 1 FROM pair WHERE a_id = ${asset}) OR EXISTS (SELECT 1 FROM pair WHERE b_id = ${asset})
  OR EXISTS (SELECT 1 FROM asset x JOIN asset y ON y.pixel_sha256 = x.pixel_sha256 AND y.id <> x.id WHERE x.id = ${asset}))`;

/** What is not alike parts a group only where both images are in one, by themselves or by another of equal pixels. */
const IS_ALIKE = (asset: string): string => `(
  EXISTS (SELECT 1 FROM pair WHERE a_id = ${asset} AND level IS NOT NULL) OR EXISTS (SELECT 1 FROM pair INDEXED BY pair_b WHERE b_id = ${asset} AND level IS NOT NULL)
  OR EXISTS (SELECT 1 FROM asset x JOIN asset y ON y.pixel_sha256 = x.pixel_sha256 AND y.id <> x.id WHERE x.id = ${asset}))`;

const count = (key: string): string => `UPDATE total SET n = n + 1 WHERE key = '${key}';`;
const COUNT_CHANGE = count('similarity-revision');

/** What a comparison of two images found, by their assets; and what the user said of two contents. */
export const similarity = {
  version: 20,
  name: '0020-similarity',
  sql: `
-- 0: not yet compared with all that was there before · 1: compared · 2: could not be, pairing_error says why.
-- Derived: set to 0 it is done again. A row that is made anew begins at 0.
ALTER TABLE fingerprint ADD COLUMN paired INTEGER NOT NULL DEFAULT 0 CHECK (paired IN (0, 1, 2));
ALTER TABLE fingerprint ADD COLUMN pairing_error TEXT;
-- 1: the pixel hash would tell whether it has a twin, and the file could not be read when it was looked for.
ALTER TABLE fingerprint ADD COLUMN hash_wanted INTEGER NOT NULL DEFAULT 0 CHECK (hash_wanted IN (0, 1));
CREATE INDEX fingerprint_hash_wanted ON fingerprint (asset_id) WHERE hash_wanted = 1;
CREATE INDEX fingerprint_pending ON fingerprint (asset_id) WHERE paired = 0;
CREATE INDEX fingerprint_failed ON fingerprint (asset_id) WHERE paired = 2;

-- One row for every two images whose pixels were compared: transform and relation are what was done to a to get b.
-- level: 1 strict, 2 similar, 3 loose, NULL when they do not look alike. With a kinship they are no duplicates; by
-- metadata (burst, raw-jpeg) that is a matter of these two files, and the level holds of others with their pixels.
-- whole: which of the two shows more of the scene. Rows are added and taken away, never changed: who has seen all up to
-- an id reads on behind it.
CREATE TABLE pair (
  id INTEGER PRIMARY KEY,
  a_id INTEGER NOT NULL REFERENCES asset ON DELETE CASCADE,
  b_id INTEGER NOT NULL REFERENCES asset ON DELETE CASCADE,
  level INTEGER CHECK (level IN (1, 2, 3)),
  relation TEXT,
  transform TEXT,
  whole TEXT CHECK (whole IN ('a', 'b')),
  distance INTEGER,
  similarity REAL,
  kinship TEXT,
  UNIQUE (a_id, b_id),
  CHECK (a_id < b_id),
  CHECK (level IS NULL OR relation IS NOT NULL)
) STRICT;
CREATE INDEX pair_b ON pair (b_id);

CREATE INDEX source_present ON source (asset_id) WHERE asset_id IS NOT NULL AND missing_since IS NULL;
CREATE INDEX asset_pixels ON asset (pixel_sha256) WHERE pixel_sha256 IS NOT NULL;

CREATE TABLE not_duplicate (
  a_sha256 BLOB NOT NULL CHECK (length(a_sha256) = 32),
  b_sha256 BLOB NOT NULL CHECK (length(b_sha256) = 32),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (a_sha256, b_sha256),
  CHECK (a_sha256 < b_sha256)
) STRICT, WITHOUT ROWID;

-- The name under which somebody has seen an image's group, so that the group keeps it while members come and go. Of
-- several rows of an image the last one holds: names are written by the hundred thousand, in the order of groups, and
-- read all at once.
CREATE TABLE group_name (
  id INTEGER PRIMARY KEY,
  level TEXT NOT NULL,
  asset_id INTEGER NOT NULL REFERENCES asset,
  name TEXT NOT NULL
) STRICT;

-- Counts up when groups may have changed, whatever statement did it: what was computed before is computed anew.
-- The others count what groups are made of, so that only what has changed is read again.
INSERT INTO total VALUES ('similarity-revision', 0), ('pairs-removed', 0), ('files-changed', 0), ('pixels-changed', 0), ('assets-remade', 0);
CREATE TRIGGER pair_deleted AFTER DELETE ON pair BEGIN ${count('pairs-removed')} END;
CREATE TRIGGER source_came AFTER INSERT ON source WHEN new.asset_id IS NOT NULL BEGIN ${count('files-changed')} END;
CREATE TRIGGER source_changed AFTER UPDATE OF asset_id, missing_since ON source
WHEN old.asset_id IS NOT new.asset_id OR (old.missing_since IS NULL) <> (new.missing_since IS NULL) BEGIN ${count('files-changed')} END;
CREATE TRIGGER source_deleted AFTER DELETE ON source WHEN old.asset_id IS NOT NULL BEGIN ${count('files-changed')} END;
CREATE TRIGGER asset_with_pixels AFTER INSERT ON asset WHEN new.pixel_sha256 IS NOT NULL BEGIN ${count('pixels-changed')} END;
CREATE TRIGGER pair_inserted AFTER INSERT ON pair WHEN new.level IS NOT NULL OR (new.kinship IS NULL AND ${IS_ALIKE('new.a_id')} AND ${IS_ALIKE('new.b_id')}) BEGIN ${COUNT_CHANGE} END;
CREATE TRIGGER pair_removed AFTER DELETE ON pair WHEN old.level IS NOT NULL OR old.kinship IS NULL BEGIN ${COUNT_CHANGE} END;
CREATE TRIGGER not_duplicate_inserted AFTER INSERT ON not_duplicate BEGIN ${COUNT_CHANGE} END;
CREATE TRIGGER not_duplicate_removed AFTER DELETE ON not_duplicate BEGIN ${COUNT_CHANGE} END;
CREATE TRIGGER asset_pixels_known AFTER UPDATE OF pixel_sha256 ON asset WHEN new.pixel_sha256 IS NOT old.pixel_sha256 BEGIN ${COUNT_CHANGE} ${count('pixels-changed')} END;
-- What was read of an image may be held by who groups them, as long as no image is read anew with another outcome.
CREATE TRIGGER asset_remade AFTER UPDATE OF format, width, height, taken_at, metadata ON asset
WHEN new.format <> old.format OR new.width <> old.width OR new.height <> old.height OR new.taken_at IS NOT old.taken_at OR new.metadata <> old.metadata BEGIN
  ${count('assets-remade')}
  ${COUNT_CHANGE}
END;
CREATE TRIGGER source_moved AFTER UPDATE OF asset_id, missing_since ON source
WHEN (old.asset_id IS NOT new.asset_id OR (old.missing_since IS NULL) <> (new.missing_since IS NULL)) AND (
  (new.asset_id IS NOT NULL AND ${HAS_COMPANY('new.asset_id')}) OR (old.asset_id IS NOT NULL AND old.asset_id IS NOT new.asset_id AND ${HAS_COMPANY('old.asset_id')}))
BEGIN ${COUNT_CHANGE} END;
CREATE TRIGGER source_inserted AFTER INSERT ON source WHEN new.asset_id IS NOT NULL AND ${HAS_COMPANY('new.asset_id')} BEGIN ${COUNT_CHANGE} END;
CREATE TRIGGER source_removed AFTER DELETE ON source WHEN old.asset_id IS NOT NULL BEGIN ${COUNT_CHANGE} END;

-- What was found with an older fingerprint does not hold for a newer one.
CREATE TRIGGER fingerprint_made AFTER INSERT ON fingerprint BEGIN
  DELETE FROM pair WHERE a_id = new.asset_id;
  DELETE FROM pair WHERE b_id = new.asset_id;
END;
`,
} as const;
