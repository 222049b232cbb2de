/** `12,304` */
export function formatCount(count: number): string {
  return count.toLocaleString('en');
}

/** `3.8 MB`, in powers of ten as disks are sold. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${String(bytes)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const exponent = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** exponent;
  return `${value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })} ${units[exponent - 1] ?? ''}`;
}

/** `12 s`, `4 min`, `2 h 5 min` */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${String(Math.round(seconds * 10) / 10)} s`;
  if (seconds < 90) return `${String(Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${String(minutes)} min`;
  return `${String(Math.floor(minutes / 60))} h ${String(minutes % 60)} min`;
}

/** `1 image`, `2,000 images` */
export function plural(count: number, noun: string): string {
  const many = /(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
  return `${formatCount(count)} ${count === 1 ? noun : many}`;
}

export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** Aligned columns. Control characters of names and titles are shown, not obeyed by the terminal. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ title }) => title), ...rows].map((row) => row.map(printable));
  const widths = columns.map((_, index) => cells.reduce((widest, row) => Math.max(widest, row[index]?.length ?? 0), 0));
  return cells.map((row) => row.map((cell, index) => pad(cell, widths[index] ?? 0, columns[index])).join('  ').trimEnd()).join('\n');
}

/** One line of a table too long to be held: columns of fixed width, the last one as long as it likes. */
export function formatRow(widths: readonly number[], row: readonly string[]): string {
  return row.map((cell, index) => printable(cell).padEnd(widths[index] ?? 0)).join('  ').trimEnd();
}

/** A file name may hold escape sequences that would repaint or reprogram a terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The same for text of several lines, whose line ends are our own. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function pad(cell: string, width: number, column: Column | undefined): string {
  return column?.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
}
