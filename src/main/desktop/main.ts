import { app, dialog } from 'electron';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import * as z from 'zod';
import { startDesktop } from './desktop.ts';
import { locate } from './locations.ts';
import { registerSchemes } from './protocol.ts';

const locations = locate({ entry: import.meta.filename, isPackaged: app.isPackaged, resources: process.resourcesPath, platform: process.platform, env: process.env });
const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(locations.manifest, 'utf8')));

app.setName('Proofsheet');
// Both must happen before Electron is ready.
registerSchemes();
app.enableSandbox();

// What another start was asked to open goes to the application that runs already.
if (app.requestSingleInstanceLock()) {
  // Not awaited here: Electron becomes ready only once this module has loaded.
  startDesktop({
    locations,
    version,
    argv: process.argv.slice(app.isPackaged ? 1 : 2),
    cwd: process.env['PROOFSHEET_CWD'] ?? process.cwd(),
    env: process.env,
    platform: process.platform,
  }).catch((error: unknown) => {
    dialog.showErrorBox('Proofsheet could not start', String(error));
    app.exit(1);
  });
} else {
  app.quit();
}
