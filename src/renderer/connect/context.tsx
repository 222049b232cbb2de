import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Preset, Transform } from '../../contract/index.ts';
import type { Connection, ConnectionStatus, EngineClient } from './connection.ts';
import type { Host } from './host.ts';

export interface Engine {
  readonly connection: Connection;
  readonly host: Host;
}

export const EngineContext = createContext<Engine | null>(null);

function useEngine(): Engine {
  const engine = useContext(EngineContext);
  if (!engine) throw new Error('The engine is used outside its provider.');
  return engine;
}

export function useClient(): EngineClient {
  return useEngine().connection.client;
}

export function useHost(): Host {
  return useEngine().host;
}

export function useConnectionStatus(): ConnectionStatus {
  const { connection } = useEngine();
  return useSyncExternalStore(connection.subscribe, connection.status);
}

export function useRetryNow(): () => void {
  return useEngine().connection.retryNow;
}

export function renditionUrl(host: Host, sha256: string, preset: Preset): string {
  return `${host.mediaBase}/renditions/${sha256}/${preset}`;
}

/** The picture at its full size, in a form every browser draws. */
export function fullSizeUrl(host: Host, assetId: number): string {
  return `${host.mediaBase}/full/${assetId}`;
}

/** A tile of a large picture; levels and sizes are in the contract's presets. */
export function tileUrl(host: Host, assetId: number, level: number, column: number, row: number): string {
  return `${host.mediaBase}/tiles/${assetId}/${level}/${column}/${row}`;
}

/** How two pictures of the catalog differ, after what was done to `a` to get `b` has been undone. */
export function heatmapUrl(host: Host, a: number, b: number, transform: Transform): string {
  return `${host.mediaBase}/heatmaps/${a}/${b}/${transform}`;
}
