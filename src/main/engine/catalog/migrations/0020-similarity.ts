/** What a comparison of two images found, by their assets; and what the user said of two contents. */
export const similarity = {
  version: 20,
  name: '0020-similarity',
  sql: `
CREATE TABLE not_duplicate (
  a_sha256 BLOB NOT NULL CHECK (length(a_sha256) = 32),
  b_sha256 BLOB NOT NULL CHECK (length(b_sha256) = 32),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (a_sha256, b_sha256),
  CHECK (a_sha256 < b_sha256)
) STRICT, WITHOUT ROWID;
`,
} as const;
