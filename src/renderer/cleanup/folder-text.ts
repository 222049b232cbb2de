export function folderOf(path: string): string {
  return path.replace(/[\\/][^\\/]*$/, '');
}
