import { DamageError } from '../damage.ts';
import type { ImageFormat } from '../sniff.ts';

/** What a decoder's complaint means for the file; our sentence, with the decoder's own words at the end where they say more. */
export function toDamage(complaint: string, bytes: Buffer, format: ImageFormat, salvageable = true): DamageError {
  const words = readWords(complaint);
  const tail = words === '' ? '' : `: ${words}`;
  // “Premature end of data segment” is libjpeg's word for codes that make no sense in the middle of whole data.
  const isTruncated = /premature end (?!of data segment)|truncated|unexpected end|end of (file|stream)|\bEOF\b|read past/i.test(complaint);
  return isTruncated
    ? new DamageError('truncated', `the ${format.toUpperCase()} data ends early, after ${bytes.length} bytes${tail}`, salvageable)
    : new DamageError('corrupt', `the ${format.toUpperCase()} data is damaged${tail}`, salvageable);
}

const MAX_WORDS = 120;
/** Names of functions and libraries (`VipsJpeg: `, `tiff#vips: `), and what says only that there is something to say. */
const PREFIX = /^(?:Input (?:buffer|file) has corrupt header: |[\w#]+: |Corrupt JPEG data: )+/;
const EMPTY_WORDS = /^(Warning treated as error|Input (buffer|file) contains unsupported|libpng read error|unable to (read|parse|decode)|UnableTo|bad seek)/i;

/** The first line that means something to a person; decoders put their function names around it. */
function readWords(complaint: string): string {
  const lines = complaint.split('\n').map((line) => line.replace(/\s*`[^']*' @ .*$/, '').replace(PREFIX, '').trim());
  return lines.find((line) => line !== '' && !EMPTY_WORDS.test(line))?.slice(0, MAX_WORDS) ?? '';
}
