import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses';
import type { AfterPackContext } from 'electron-builder';
import { join } from 'node:path';

/** Switches that are burnt into the packaged Electron binary; each of them closes a way to make it run foreign code. */
export const FUSES = {
  version: FuseVersion.V1,
  /** A fuse that a new Electron brings has to be decided here. */
  strictlyRequireAllFuses: true,
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  [FuseV1Options.WasmTrapHandlers]: true,
} as const;

/** Called by electron-builder when the application lies in its folder. */
export async function burnFuses({ appOutDir, packager, electronPlatformName }: AfterPackContext): Promise<void> {
  const name = packager.appInfo.productFilename;
  const executable = new Map([['darwin', `${name}.app`], ['win32', `${name}.exe`], ['linux', 'proofsheet']]).get(electronPlatformName);
  if (executable === undefined) throw new Error(`no executable is known for ${electronPlatformName}`);
  await flipFuses(join(appOutDir, executable), { ...FUSES, resetAdHocDarwinSignature: electronPlatformName === 'darwin' });
}
