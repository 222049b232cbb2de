import { hostError } from '../host/host-error.ts';

const MAX_DEPTH = 32;
/** Most file systems allow 255 bytes; the rest is kept for ` (2)` on a collision. */
const MAX_PART_BYTES = 240;
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
/** Control characters, what Windows forbids, and marks that reorder or hide what is shown. */
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f<>:"|?*\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/**
 * The parts of a file name that came from outside (URI-encoded, `/` or `\` between folders), made safe on every
 * platform: no way up or out, no device, no invisible character. Throws `bad-input` where nothing sensible is left.
 */
export function safeUploadParts(header: string | undefined): readonly string[] {
  const name = decode(header);
  if (name.includes('\0')) throw hostError('bad-input', 'the file name contains a NUL character');
  const parts = name.split(/[/\\]/).filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw hostError('bad-input', 'the file name leads out of its folder (..)');
  if (parts.length === 0) throw hostError('bad-input', 'the upload has no file name');
  if (parts.length > MAX_DEPTH) throw hostError('bad-input', `the file lies ${String(parts.length)} folders deep, the limit is ${String(MAX_DEPTH)}`);
  return parts.map(safePart);
}

function decode(header: string | undefined): string {
  try {
    return decodeURIComponent(header ?? '');
  } catch {
    throw hostError('bad-input', 'the file name is not URI-encoded UTF-8');
  }
}

function safePart(part: string): string {
  // Windows drops dots and spaces at the end, and with them the difference between two names.
  const visible = part.normalize('NFC').replace(FORBIDDEN, '_').replace(/[. ]+$/, '').trimStart();
  // A leading dot would hide the file from the import.
  const named = visible === '' ? '_' : visible.replace(/^\.+/, '_');
  return shorten(WINDOWS_DEVICE.test(named) ? `_${named}` : named);
}

/** Cuts the stem, never the extension nor inside a character. */
function shorten(part: string): string {
  if (Buffer.byteLength(part) <= MAX_PART_BYTES) return part;
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(part)?.[0] ?? '';
  let kept = '';
  for (const character of part.slice(0, part.length - extension.length)) {
    if (Buffer.byteLength(kept + character + extension) > MAX_PART_BYTES) break;
    kept += character;
  }
  return kept + extension;
}
