/** Downloads: from whom, and what the server said of what it sent. Times are milliseconds since 1970 UTC. */
export const acquire = {
  version: 40,
  name: '0040-acquire',
  sql: `
-- Host and port, as a URL has them.
CREATE TABLE host (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

-- host_id: where the source of the item lies. lane: the same while it is still to be fetched; NULL is work for the pool.
ALTER TABLE job ADD COLUMN host_id INTEGER REFERENCES host;
ALTER TABLE job ADD COLUMN lane INTEGER;
DROP INDEX job_claim;
CREATE INDEX job_claim ON job (batch_id, lane, run_order, id) WHERE state = 'queued';

-- fresh_until: until when it is not asked for again; NULL when the server did not say.
CREATE TABLE fetched (
  source_id INTEGER PRIMARY KEY REFERENCES source ON DELETE CASCADE,
  etag TEXT,
  last_modified TEXT,
  content_type TEXT,
  final_url TEXT NOT NULL,
  fetched_at INTEGER NOT NULL,
  -- What came: the rest holds of an asset with these bytes only.
  sha256 BLOB,
  fresh_until INTEGER
) STRICT;
`,
} as const;
