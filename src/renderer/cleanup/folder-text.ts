/** The folder of a path, shortened in its middle to about `length` characters: its root and its last parts tell most. */
export function folderText(path: string, length = 34): string {
  const parts = folderOf(path).split(/[\\/]/);
  const whole = parts.join('/');
  if (whole.length <= length || parts.length < 4) return whole;
  let tail = parts.at(-1) ?? '';
  for (const part of parts.slice(2, -1).reverse()) {
    if (tail.length + part.length + 1 > length) break;
    tail = `${part}/${tail}`;
  }
  return `…/${tail}`;
}

export function folderOf(path: string): string {
  return path.replace(/[\\/][^\\/]*$/, '');
}
