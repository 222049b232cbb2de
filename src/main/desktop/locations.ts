import { extname, join } from 'node:path';
import type { EngineLaunch } from '../host/engine-process.ts';

export interface Locations {
  readonly engine: EngineLaunch;
  readonly preload: string;
  readonly renderer: string;
  readonly manifest: string;
}

export interface LocationsInput {
  /** `import.meta.filename` of the main entry: the source in a test, `out/main/index.js` in every real start. */
  readonly entry: string;
  readonly isPackaged: boolean;
  /** Electron's `process.resourcesPath`. */
  readonly resources: string;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Where everything lies. The engine never runs in Electron's own binary (its GLib and libvips' interpose and crash): a
 * package carries a Node beside the application, a checkout is told of one by its launcher.
 */
export function locate({ entry, isPackaged, resources, platform, env }: LocationsInput): Locations {
  const root = extname(entry) === '.ts' ? join(entry, '../../../..') : join(entry, '../../..');
  const preload = join(root, 'out/preload/preload.cjs');
  const renderer = join(root, 'out/renderer');
  const manifest = join(root, 'package.json');
  if (isPackaged) {
    const node = join(resources, 'runtime', platform === 'win32' ? 'node.exe' : 'node');
    // A plain Node cannot read inside the archive; the engine and its packages are unpacked beside it.
    const engine = join(resources, 'app.asar.unpacked/out/main/engine.js');
    return { engine: { entry: engine, node, env }, preload, renderer, manifest };
  }
  return { engine: { entry: join(root, 'src/main/engine/main.ts'), node: env['PROOFSHEET_NODE'] ?? 'node', env }, preload, renderer, manifest };
}
