/** Files of `asset a` that a cleanup moved and that lie where it put them. */
const AWAY = `FROM operation_item i JOIN operation o ON o.id = i.operation_id WHERE i.asset_id = a.id AND i.state IN ('moved', 'restoring', 'deleting')`;

/**
 * Where `asset a` is when none of its files is there, else null. Of one that is there it costs one look into an index; the
 * others look at the few files that a cleanup moved.
 */
export const ABSENCE = `CASE
  WHEN a.stored = 1 OR EXISTS (SELECT 1 FROM source s WHERE s.asset_id = a.id AND s.asset_id IS NOT NULL AND s.missing_since IS NULL) THEN NULL
  WHEN EXISTS (SELECT 1 ${AWAY} AND o.mode <> 'trash') THEN 'quarantine'
  WHEN EXISTS (SELECT 1 ${AWAY}) THEN 'trash'
  ELSE 'gone' END AS absence`;
