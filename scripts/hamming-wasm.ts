import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import wabt from 'wabt';

/** Renews the bytes that the engine runs from the text they are written in: `node scripts/hamming-wasm.ts`. */
const folder = join(import.meta.dirname, '../src/main/engine/similarity');
const module = (await wabt()).parseWat('hamming.wat', readFileSync(join(folder, 'hamming.wat'), 'utf8'));
const lines = Buffer.from(module.toBinary({}).buffer).toString('base64').match(/.{1,120}/g) ?? [];
writeFileSync(join(folder, 'hamming-wasm.ts'), `/** hamming.wat as it runs; made by scripts/hamming-wasm.ts, and a test compares the two. */
export const HAMMING_WASM = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`);
