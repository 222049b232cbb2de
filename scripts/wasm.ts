import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import wabt from 'wabt';

const FOLDER = join(import.meta.dirname, '../src/main/engine/similarity');
const COMPILER = join(import.meta.dirname, '../node_modules/assemblyscript/bin/asc.js');

/** What the engine runs of each text it is written in. */
export const WASM_MODULES = [
  { text: 'hamming.wat', target: 'hamming-wasm.ts', constant: 'HAMMING_WASM', make: assemble },
  { text: 'assembly/planes.ts', target: 'planes-wasm.ts', constant: 'PLANES_WASM', make: compile },
] as const;

/** Its bytes, in base64. */
export async function makeWasm({ text, make }: (typeof WASM_MODULES)[number]): Promise<string> {
  return Buffer.from(await make(join(FOLDER, text))).toString('base64');
}

async function assemble(path: string): Promise<Uint8Array> {
  return (await wabt()).parseWat(basename(path), readFileSync(path, 'utf8')).toBinary({}).buffer;
}

function compile(path: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'proofsheet-wasm-'));
  try {
    const target = join(folder, 'module.wasm');
    // Nothing is allocated: the runtime that never frees leaves nothing behind.
    execFileSync(process.execPath, [COMPILER, path, '--outFile', target, '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '1']);
    return readFileSync(target);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Renews the bytes that the engine runs: `node scripts/wasm.ts`. */
if (import.meta.main) {
  for (const module of WASM_MODULES) {
    const lines = (await makeWasm(module)).match(/.{1,120}/g) ?? [];
    writeFileSync(join(FOLDER, module.target), `/** ${module.text} as it runs; made by scripts/wasm.ts, and a test compares the two. */
export const ${module.constant} = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`);
  }
}
