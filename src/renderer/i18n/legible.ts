const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A name or path with what cannot be seen in it, or turns it round, written out: `\n`, `\t`, `\u202e`. */
export function legible(text: string): string {
  return text.replace(UNSEEN, (character) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The end of a path that tells two files of one name apart: folder and name. */
export function placeOf(path: string): string {
  return legible(path.split(/[\\/]/).slice(-2).join('/'));
}
