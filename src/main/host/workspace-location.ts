import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface LocationInput {
  /** `--workspace` as given, if it was. */
  readonly option: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Relative paths are meant against this folder. */
  readonly cwd: string;
}

/** The absolute workspace folder: the option, else `PROOFSHEET_WORKSPACE`, else the platform's application-data folder. */
export function locateWorkspace({ option, env, platform, cwd }: LocationInput): string {
  const named = option ?? nonEmpty(env['PROOFSHEET_WORKSPACE']);
  return named === undefined ? join(applicationDataFolder(env, platform), 'default') : resolve(cwd, named);
}

function applicationDataFolder(env: LocationInput['env'], platform: NodeJS.Platform): string {
  const home = nonEmpty(env['HOME']) ?? homedir();
  switch (platform) {
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'Proofsheet');
    case 'win32':
      return join(nonEmpty(env['APPDATA']) ?? join(home, 'AppData', 'Roaming'), 'Proofsheet');
    default:
      return join(nonEmpty(env['XDG_DATA_HOME']) ?? join(home, '.local', 'share'), 'proofsheet');
  }
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
