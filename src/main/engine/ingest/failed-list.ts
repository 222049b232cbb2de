import type { ErrorCode } from '../../../contract/index.ts';
import { shownLocation } from '../catalog/sources.ts';
import type { Reader } from '../catalog/reader.ts';

export interface FailedListQuery {
  readonly batchId: number;
  readonly code?: ErrorCode | undefined;
  /** The last item of the page before; 0 begins, with the names of the columns. */
  readonly after: number;
}

export interface FailedListPage {
  /** CSV (RFC 4180), UTF-8, lines ending in CRLF. */
  readonly text: string;
  readonly rows: number;
  /** Behind which item the next page begins; null when this was the last. */
  readonly next: number | null;
}

interface FailedRow {
  readonly id: number;
  readonly container: string;
  readonly name: string;
  readonly code: string;
  readonly message: string | null;
  readonly row: string | null;
}

const ROWS_AT_ONCE = 2000;
const FROM_FAILED = `FROM job j WHERE j.batch_id IN (SELECT id FROM batch WHERE id = @batch OR parent_id = @batch) AND j.state IN ('failed', 'quarantined') AND (@code = '' OR j.error_code = @code)`;
/** What is told of each row beside its own columns. Where a list has columns of these names, it was such a list before. */
const [SOURCE, CODE, MESSAGE] = ['source', 'error', 'error_message'] as const;

/** What failed of a batch, as a list that can be taken in again: its source as it was found, and all columns of its row. */
export function createFailedList(reader: Reader) {
  return async ({ batchId, code, after }: FailedListQuery): Promise<FailedListPage> => {
    const bound = (sql: string): readonly [string, (string | number)[]] => {
      const values: (string | number)[] = [];
      return [sql.replace(/@(batch|code|after)/g, (_, name: string) => {
        values.push(name === 'batch' ? batchId : name === 'code' ? code ?? '' : after);
        return '?';
      }), values];
    };
    const columns = (await reader.rows<{ key: string }>(...bound(`SELECT cell.key FROM (SELECT j.id, j.row ${FROM_FAILED} AND j.row IS NOT NULL) item JOIN json_each(item.row) cell GROUP BY cell.key ORDER BY min(item.id), min(cell.id)`)))
      .map(({ key }) => key).filter((key) => key !== SOURCE && key !== CODE && key !== MESSAGE);
    const found = await reader.rows<FailedRow>(...bound(`
      SELECT item.*, c.path AS container, s.name FROM (SELECT j.id, j.source_id, j.error_code AS code, j.error_message AS message, j.row ${FROM_FAILED} AND j.id > @after ORDER BY j.id LIMIT ${ROWS_AT_ONCE}) item
      JOIN source s ON s.id = item.source_id JOIN container c ON c.id = s.container_id ORDER BY item.id`));
    const lines = found.map(({ container, name, code: reason, message, row }) => {
      const cells = row === null ? {} : (JSON.parse(row) as Record<string, string>);
      return toLine([shownLocation(container, name), ...columns.map((column) => cells[column] ?? ''), reason, message ?? '']);
    });
    if (after === 0) lines.unshift(toLine([SOURCE, ...columns, CODE, MESSAGE]));
    return { text: lines.join(''), rows: found.length, next: found.length < ROWS_AT_ONCE ? null : found.at(-1)?.id ?? null };
  };
}

function toLine(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`;
}
