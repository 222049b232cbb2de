/** Maps whose keys are the user's data, not names of ours: a list's columns. */
const DATA_KEYS = new Set(['row', 'inheritedRow', 'preview']);

/** The command line's form of a record: camelCase keys as snake_case, all the way down, except keys that are data. */
export function toSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSnakeCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snakeKey(key), DATA_KEYS.has(key) ? inner : toSnakeCase(inner)]));
}

function snakeKey(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
