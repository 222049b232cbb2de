/**
 * Names of the parts that `rows` rows are split into: `Name` while they fit into one, else `Name_Part1of3` …
 * @param maxRows rows in a part, 0 never splits
 */
export function partNames(name: string, rows: number, maxRows: number): string[] {
  const parts = partCount(rows, maxRows);
  return Array.from({ length: parts }, (_, index) => partName(name, index + 1, parts));
}

export function partName(name: string, sequence: number, total: number): string {
  return total === 1 ? name : `${name}_Part${sequence}of${total}`;
}

function partCount(rows: number, maxRows: number): number {
  return maxRows === 0 ? 1 : Math.max(1, Math.ceil(rows / maxRows));
}
