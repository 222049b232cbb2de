const IS_ABSOLUTE = /^(?:[\\/]|[a-z]:[\\/])/i;

/** Paths as they come from other programs' clipboards: one on a line, perhaps quoted, perhaps as a `file:` address. */
export function pathsIn(text: string): readonly string[] {
  const paths = text.split(/\r?\n/).map(plainPath).filter(Boolean);
  return paths.every((path) => IS_ABSOLUTE.test(path)) ? paths : [];
}

/** What was typed as a path: `~` is the home folder, and what is not absolute lies in the folder that is shown. */
export function typedPath(text: string, folder: string, home: string): string {
  const path = plainPath(text);
  if (IS_ABSOLUTE.test(path)) return path;
  return /^~(?=$|[\\/])/.test(path) ? home + path.slice(1) : `${folder.replace(/[\\/]+$/, '')}/${path}`;
}

function plainPath(text: string): string {
  const path = text.trim().replace(/^(["'])(.*)\1$/, '$2');
  if (!/^file:\/\//i.test(path)) return path;
  const pathname = decoded(path.replace(/^file:\/\/[^/]*/i, ''));
  return /^\/[a-z]:/i.test(pathname) ? pathname.slice(1) : pathname;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that was never an escape.
    return text;
  }
}
