import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { trackedFiles } from './tracked-files.ts';

const FILE = 'THIRD_PARTY.md';
/** Permissive licences, and weak copyleft that binds only its own files. LGPL: libvips, a separate library file that can be replaced. */
const ALLOWED = new Set(['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'MPL-2.0', 'BlueOak-1.0.0', 'LGPL-3.0-or-later', 'Python-2.0', 'CC0-1.0']);

const entrySchema = z.object({
  version: z.string().optional(),
  license: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});
type Entry = z.infer<typeof entrySchema>;
const lockSchema = z.object({ packages: z.record(z.string(), entrySchema) });

interface Shipped { readonly path: string; readonly name: string; readonly version: string; readonly license: string }

/**
 * The list of all we ship that others wrote: production packages, and what the window's bundle takes in. It is derived
 * from the lock file, so it is the same on every platform; the texts come from the installed packages.
 */
export async function thirdPartyProblems(root: string, write: boolean): Promise<readonly string[]> {
  const { packages } = lockSchema.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  const bundled = shippedPackages(packages, await bundledNames(root, packages['']));
  const shipped = shippedPackages(packages, [...Object.keys(packages['']?.dependencies ?? {}), ...bundled.map(({ name }) => name)]);
  const refused = shipped.filter(({ license }) => !isAllowed(license)).map(({ name, license }) => `${name} is under ${license}, which is not on the list of licences we take`);
  const wanted = render(shipped, await licenceTexts(root, bundled));
  if (write) await writeFile(join(root, FILE), wanted);
  const current = await readFile(join(root, FILE), 'utf8').catch(() => '');
  return current === wanted ? refused : [...refused, `${FILE} is out of date: run npm run check -- --static --write`];
}

/** What the renderer and the preload import is bundled, so it is shipped without the licence file beside it. */
async function bundledNames(root: string, project: Entry | undefined): Promise<readonly string[]> {
  const sources = (await trackedFiles(root)).filter((file) => /^src\/(renderer|preload)\/.*\.tsx?$/.test(file));
  const text = (await Promise.all(sources.map((file) => readFile(join(root, file), 'utf8')))).join('\n');
  const imported = new Set([...text.matchAll(/(?:from|import)\s+'((?:@[^/']+\/)?[^/']+)/g)].map((match) => match[1]));
  return Object.keys({ ...project?.dependencies, ...project?.devDependencies }).filter((name) => imported.has(name));
}

function shippedPackages(packages: Readonly<Record<string, Entry>>, names: readonly string[]): readonly Shipped[] {
  const found = new Map<string, Shipped>();
  const visit = (name: string, from: string): void => {
    const path = resolvePackage(packages, name, from);
    const entry = path === undefined ? undefined : packages[path];
    if (path === undefined || entry === undefined || found.has(path)) return;
    found.set(path, { path, name, version: entry.version ?? '', license: entry.license ?? 'unknown' });
    const { dependencies, optionalDependencies } = entry;
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) visit(dependency, path);
  };
  for (const name of names) visit(name, '');
  return [...found.values()].sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
}

/** Node's own search: the nearest node_modules upwards. */
function resolvePackage(packages: Readonly<Record<string, Entry>>, name: string, from: string): string | undefined {
  const parents = from === '' ? [] : from.split('/node_modules/').map((_, depth, parts) => parts.slice(0, parts.length - depth).join('/node_modules/'));
  return [...parents.map((parent) => `${parent}/node_modules/${name}`), `node_modules/${name}`].find((path) => packages[path] !== undefined);
}

function isAllowed(license: string): boolean {
  const choices = license.replaceAll(/[()]/g, '').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((part) => ALLOWED.has(part)));
}

async function licenceTexts(root: string, bundled: readonly Shipped[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const texts = new Map<string, string[]>();
  for (const { path, name } of bundled) {
    const files = (await readdir(join(root, path)).catch(() => [])).filter((file) => /^(licen[cs]e|notice|copying)(\.|-|$)/i.test(file)).sort(compare);
    const contents = await Promise.all(files.map((file) => readFile(join(root, path, file), 'utf8')));
    const text = contents.join('\n\n').replaceAll('\r\n', '\n').trim();
    if (text !== '') texts.set(text, [...(texts.get(text) ?? []), name]);
  }
  return texts;
}

function render(shipped: readonly Shipped[], texts: ReadonlyMap<string, readonly string[]>): string {
  const rows = shipped.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`);
  const sections = [...texts].map(([text, names]) => `### ${[...new Set(names)].join(', ')}\n\n\`\`\`\`text\n${text}\n\`\`\`\``);
  return `# Third-party software

Proofsheet ships these packages. Made by \`npm run check -- --static --write\`; do not edit.
Packages for one platform only are listed for all platforms, though each installation carries its own alone.
Packaged builds also carry Electron (MIT; its own licence files lie beside it) and Node.js (MIT and others; its licence lies beside it).

| Package | Version | Licence |
|---|---|---|
${rows.join('\n')}

## Licence texts of what is bundled

The other packages lie in the installation whole, each with its own licence file.

${sections.join('\n\n')}
`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
