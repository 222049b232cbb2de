import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import asc from 'assemblyscript/asc';
import wabt from 'wabt';

const FOLDER = join(import.meta.dirname, '../src/main/engine/similarity');

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

/** With all that lies beside it: the compiler takes what is imported. */
async function compile(path: string): Promise<Uint8Array> {
  const names = readdirSync(dirname(path)).filter((name) => name.endsWith('.ts'));
  const entry = basename(path);
  const sources = Object.fromEntries([entry, ...names.filter((name) => name !== entry)].map((name) => [name, readFileSync(join(dirname(path), name), 'utf8')]));
  // Pointers are 32 bits wide, and stay so: the last option silences doubts about that.
  const options = { optimizeLevel: 3, noAssert: true, runtime: 'stub', enable: ['simd'], initialMemory: 1, disableWarning: ['201'] };
  const { error, binary } = await asc.compileString(sources, options);
  if (error !== null || binary === null) throw new Error(`${entry} does not compile`, { cause: error });
  return binary;
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
