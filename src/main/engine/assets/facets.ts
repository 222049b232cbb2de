import type { Reader } from '../catalog/reader.ts';
import { COUNT_FLAGS } from './flags.ts';

export interface Facets {
  total: number;
  groups: { key: 'folder' | 'format' | 'year' | 'flag'; values: { label: string; count: number; filter: string }[] }[];
}

interface Value {
  readonly label: string;
  readonly count: number;
}

const MAX_VALUES = 500;

const BY_FOLDER = `
  SELECT c.path AS label, count(DISTINCT s.asset_id) AS count FROM source s JOIN container c ON c.id = s.container_id
  WHERE s.asset_id IS NOT NULL AND s.missing_since IS NULL GROUP BY s.container_id ORDER BY label LIMIT ${MAX_VALUES}`;
const BY_FORMAT = 'SELECT format AS label, count(*) AS count FROM asset GROUP BY format ORDER BY count DESC';
const BY_YEAR = `
  SELECT strftime('%Y', taken_at / 1000, 'unixepoch') AS label, count(*) AS count FROM asset WHERE taken_at IS NOT NULL GROUP BY label ORDER BY label DESC`;

/** Counts for the sidebar, each with the filter that shows what it counts. */
export async function readFacets(reader: Reader, total: number): Promise<Facets> {
  const [folders, formats, years, flags] = await Promise.all([BY_FOLDER, BY_FORMAT, BY_YEAR, COUNT_FLAGS].map((sql) => reader.rows<Value>(sql, [])));
  const group = (key: Facets['groups'][number]['key'], values: readonly Value[] | undefined, filter: (label: string) => string): Facets['groups'][number] =>
    ({ key, values: (values ?? []).map((value) => ({ ...value, filter: filter(value.label) })) });
  return {
    total,
    groups: [
      group('folder', folders, (label) => `folder:${JSON.stringify(label)}`), group('format', formats, (label) => `format:${label}`),
      group('year', years, (label) => `taken:${label}`), group('flag', flags, (label) => `flag:${label}`),
    ],
  };
}
