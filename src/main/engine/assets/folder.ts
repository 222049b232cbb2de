/** Condition on `source s`: it is the file of an asset, and not known to be gone. */
export const IS_PRESENT = 's.asset_id IS NOT NULL AND s.missing_since IS NULL';

/** The folder a path names, without the separators at its end: all that lies in the root begins with nothing but one. */
export const stemOf = (path: string): string => `rtrim(${path}, '/\\')`;

/**
 * Joins to `folder.stem` the files of assets in that folder or below, `s`. What a folder holds is this alone, for whoever
 * counts and for whoever looks. Ranges over the index of paths, whichever separator the platform has: '0' follows '/' and
 * ']' follows '\'.
 */
export const FILES_IN_FOLDER = `container c CROSS JOIN source s ON s.container_id = c.id WHERE ${IS_PRESENT}
  AND (c.path = folder.stem OR (c.path >= folder.stem || '/' AND c.path < folder.stem || '0') OR (c.path >= folder.stem || '\\' AND c.path < folder.stem || ']'))`;
