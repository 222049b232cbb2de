import { BrowserWindow, ipcMain, shell, type IpcMainEvent, type IpcMainInvokeEvent, type WebContents } from 'electron';
import * as z from 'zod';
import type { PickKind } from './dialogs.ts';
import { isOwnFrame } from './security.ts';

export interface WindowRequests {
  /** A window (again) asks for a port to the engine. */
  readonly connect: (contents: WebContents) => void;
  readonly pick: (kind: PickKind, window: BrowserWindow | null) => Promise<readonly string[]>;
  /** Where an asset's original lies now. */
  readonly originalPath: (assetId: number) => Promise<string>;
}

const pickKindSchema = z.enum(['folder', 'files', 'list']);
const assetIdSchema = z.int().positive();

/** The three things a window asks of the main process; all else goes through the port to the engine. */
export function answerWindow({ connect, pick, originalPath }: WindowRequests): void {
  ipcMain.on('connect', (event) => {
    if (isTrusted(event)) connect(event.sender);
  });
  ipcMain.handle('pick', async (event, kind: unknown) => {
    assertTrusted(event);
    return pick(pickKindSchema.parse(kind), BrowserWindow.fromWebContents(event.sender));
  });
  // By asset, not by path: a window cannot make the system's file manager go where it likes.
  ipcMain.handle('reveal', async (event, assetId: unknown) => {
    assertTrusted(event);
    shell.showItemInFolder(await originalPath(assetIdSchema.parse(assetId)));
  });
}

function isTrusted(event: IpcMainEvent | IpcMainInvokeEvent): boolean {
  return isOwnFrame(event.senderFrame);
}

function assertTrusted(event: IpcMainInvokeEvent): void {
  if (!isTrusted(event)) throw new Error(`refused: ${event.senderFrame?.url ?? 'a frame that is gone'} is not a window of Proofsheet`);
}
