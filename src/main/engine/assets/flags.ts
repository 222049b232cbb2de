/** Wrong is the extension of a file, not of its content: copies of one asset may differ. */
export const WRONG_EXTENSION = 'wrong-extension';

const HAS_WRONG_EXTENSION = 's.wrong_extension = 1 AND s.missing_since IS NULL AND s.asset_id IS NOT NULL';

/** Condition on `asset a`: one of its files is named for another format. */
export const ANY_WRONG_EXTENSION = `EXISTS (SELECT 1 FROM source s WHERE s.asset_id = a.id AND ${HAS_WRONG_EXTENSION})`;

/** Every flag of `asset a`, as JSON. */
export const FLAGS = `CASE WHEN ${ANY_WRONG_EXTENSION} THEN json_insert(a.flags, '$[#]', '${WRONG_EXTENSION}') ELSE a.flags END AS flags`;

/** How many assets have each flag: label, count. */
export const COUNT_FLAGS = `
  SELECT value AS label, count(*) AS count FROM asset, json_each(flags) WHERE flags <> '[]' GROUP BY value
  UNION ALL SELECT '${WRONG_EXTENSION}', count(DISTINCT s.asset_id) FROM source s WHERE ${HAS_WRONG_EXTENSION} HAVING count(*) > 0
  ORDER BY count DESC`;
