import type Database from 'better-sqlite3';
import type { GroupContradictions, GroupEdges } from './groups-linkage.ts';

/** Rows of `pair` that grouping is about: read once, then only those that came since, in the order of their ids. */
export interface GroupPairs {
  /** @param level as it is stored: pairs that are alike up to this one */
  alike(level: number): GroupEdges;
  /** Pairs that are not even loosely alike. */
  unlike(): GroupContradictions;
}

/** How many pairs an image is refused in may be ten times as many as it is alike in, so they are 8 bytes each here. */
export function createGroupPairs(db: Database.Database): GroupPairs {
  // After that the ids that were seen tell nothing: they may be given again.
  const removals = db.prepare<[], number>(`SELECT n FROM total WHERE key = 'pairs-removed'`).pluck();
  // As in `derivedOf`: a picture with a border, which holds the one without, was made of it. See `GroupEdges.whole`.
  const alike = createAppendedReader(db, `
    SELECT id, a_id, b_id, coalesce(similarity, 0), coalesce(distance, 256), CASE whole WHEN 'a' THEN 1 + (relation = 'bordered') WHEN 'b' THEN 2 - (relation = 'bordered') ELSE 0 END + 2 * (whole IS NOT NULL AND relation NOT IN ('cropped', 'bordered'))
    FROM pair WHERE id > ? AND level <= ?`, { a: Uint32Array, b: Uint32Array, similarity: Float64Array, distance: Uint16Array, whole: Uint8Array });
  // Kin by their looks may both be alike to a third: a brightened and a darkened copy seem recoloured beside each other.
  const unlike = createAppendedReader(db, 'SELECT id, a_id, b_id FROM pair WHERE id > ? AND level IS NULL AND kinship IS NULL', { a: Uint32Array, b: Uint32Array });
  return {
    alike: (level) => alike(removals.get() ?? 0, level),
    unlike: () => unlike(removals.get() ?? 0),
  };
}

type ColumnType = Uint8ArrayConstructor | Uint16ArrayConstructor | Uint32ArrayConstructor | Float64ArrayConstructor;
type Column = InstanceType<ColumnType>;

/**
 * Rows as columns, which grow.
 * @param sql selects an ascending id and then the columns; its first parameter is the id behind which it begins
 */
function createAppendedReader<Name extends string>(db: Database.Database, sql: string, types: Readonly<Record<Name, ColumnType>>) {
  const names = Object.keys(types) as Name[];
  const since = db.prepare<number[]>(`${sql} ORDER BY id`).raw();
  let columns: readonly Column[] = [];
  let state = '';
  let count = 0;
  let last = 0;
  /** @param removals where it, or a parameter, is another than before, all rows are read again */
  return (removals: number, ...parameters: readonly number[]): Readonly<Record<Name, ArrayLike<number>>> => {
    const wanted = [removals, ...parameters].join();
    if (wanted !== state) {
      // What was held is let go of before its successor takes as much again.
      columns = names.map((name) => new types[name](1024));
      [state, count, last] = [wanted, 0, 0];
    }
    for (const row of since.iterate(last, ...parameters) as IterableIterator<readonly number[]>) {
      if (count === columns[0]?.length) columns = columns.map(enlarged);
      for (const [at, column] of columns.entries()) column[count] = row[at + 1] ?? 0;
      last = row[0] ?? last;
      count += 1;
    }
    return Object.fromEntries(names.map((name, at): [string, ArrayLike<number>] => [name, columns[at]?.subarray(0, count) ?? []])) as Readonly<Record<Name, ArrayLike<number>>>;
  };
}

function enlarged(column: Column): Column {
  const larger = new (column.constructor as ColumnType)(Math.ceil(column.length * 1.5));
  larger.set(column);
  return larger;
}
