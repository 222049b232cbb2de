import { implement } from '@orpc/server';
import { contract } from '../../../contract/index.ts';
import { withContractErrors } from '../rpc.ts';
import type { SettingsStore } from '../settings/settings.ts';
import type { Downloader } from './downloader.ts';

export function createAcquireRouter({ downloader, settings }: { readonly downloader: Downloader; readonly settings: SettingsStore }) {
  const os = implement(contract.acquire).use(withContractErrors);
  return os.router({
    hosts: os.hosts.handler(() => ({ mode: settings.get().downloads.mode, isOffline: downloader.isOffline(), hosts: downloader.view().map(({ until, ...host }) => ({ ...host, until: until === null ? null : new Date(until).toISOString() })) })),
  });
}
