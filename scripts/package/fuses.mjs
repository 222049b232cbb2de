import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses';
import { join } from 'node:path';

/** Switches that are burnt into the packaged Electron binary; each of them closes a way to make it run foreign code. */
export const FUSES = /** @type {const} */ ({
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
});

/** Called by electron-builder when the application lies in its folder. @param {import('electron-builder').AfterPackContext} context */
export async function afterPack({ appOutDir, packager, electronPlatformName }) {
  const name = packager.appInfo.productFilename;
  const executables = new Map([['darwin', `${name}.app`], ['win32', `${name}.exe`], ['linux', 'proofsheet']]);
  const executable = executables.get(electronPlatformName);
  if (executable === undefined) throw new Error(`no fuses are known for ${electronPlatformName}`);
  await flipFuses(join(appOutDir, executable), { ...FUSES, resetAdHocDarwinSignature: electronPlatformName === 'darwin' });
}

// electron-builder looks for a default export.
export { afterPack as default };
