import { acquireContract } from './acquire.ts';
import { assetsContract } from './assets.ts';
import { batchesContract } from './batches.ts';
import { cleanupContract } from './cleanup.ts';
import { compareContract } from './compare.ts';
import { ingestContract } from './ingest.ts';
import { renditionsContract } from './renditions.ts';
import { settingsContract } from './settings.ts';
import { similarityContract } from './similarity.ts';
import { workspaceContract } from './workspace.ts';

/** Everything that crosses a process boundary, one key per feature. */
export const contract = {
  acquire: acquireContract,
  assets: assetsContract,
  batches: batchesContract,
  cleanup: cleanupContract,
  compare: compareContract,
  ingest: ingestContract,
  renditions: renditionsContract,
  settings: settingsContract,
  similarity: similarityContract,
  workspace: workspaceContract,
};
export type Contract = typeof contract;

export * from './acquire.ts';
export * from './assets.ts';
export * from './base.ts';
export * from './batches.ts';
export * from './cleanup.ts';
export * from './compare.ts';
export * from './errors.ts';
export * from './ingest.ts';
export * from './presets.ts';
export * from './renditions.ts';
export * from './settings.ts';
export * from './similarity.ts';
export * from './workspace.ts';
