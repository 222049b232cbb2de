import { implement } from '@orpc/server';
import { contract } from '../../../contract/index.ts';
import { withContractErrors } from '../rpc.ts';
import type { SettingsStore } from '../settings/settings.ts';
import { toAllowedHost } from './addresses.ts';
import { judgeUrl } from './check-url.ts';
import type { Downloader } from './downloader.ts';
import type { RobotsCache } from './robots-cache.ts';

export interface AcquireRouterDependencies {
  readonly downloader: Downloader;
  readonly settings: SettingsStore;
  readonly sites: RobotsCache;
  readonly userAgent: string;
}

export function createAcquireRouter({ downloader, settings, sites, userAgent }: AcquireRouterDependencies) {
  const os = implement(contract.acquire).use(withContractErrors);
  return os.router({
    checkUrl: os.checkUrl.handler(({ input, signal }) => judgeUrl({
      url: input.url, userAgent: input.userAgent ?? userAgent, robots: input.robots === undefined ? null : Buffer.from(input.robots),
      allowed: new Set([...settings.get().downloads.allowedHosts, ...input.allowHosts].map(toAllowedHost)),
    }, sites, signal ?? new AbortController().signal)),
    hosts: os.hosts.handler(() => ({ mode: settings.get().downloads.mode, isOffline: downloader.isOffline(), hosts: downloader.view().map(({ until, ...host }) => ({ ...host, until: until === null ? null : new Date(until).toISOString() })) })),
  });
}
