import type { Reader } from '../catalog/reader.ts';
import { COUNT_FLAGS } from './flags.ts';
import { FILES_IN_FOLDER, IS_PRESENT, stemOf } from './folder.ts';

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
  SELECT folder.path AS label, (SELECT count(DISTINCT s.asset_id) FROM ${FILES_IN_FOLDER}) AS count FROM (
    SELECT path, ${stemOf('path')} AS stem FROM container WHERE EXISTS (SELECT 1 FROM source s WHERE s.container_id = container.id AND ${IS_PRESENT}) ORDER BY path LIMIT ${MAX_VALUES}
  ) folder ORDER BY label`;
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
      group('folder', folders, (label) => `folder:"${label.replace(/["\\]/g, '\\$&')}"`), group('format', formats, (label) => `format:${label}`),
      group('year', years, (label) => `taken:${label}`), group('flag', flags, (label) => `flag:${label}`),
    ],
  };
}
