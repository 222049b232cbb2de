import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { promisify } from 'node:util';
import type { LookupFunction } from 'node:net';
import { ProofsheetError } from '../errors.ts';
import { blocked, reservedRange } from './addresses.ts';

export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** As the system does it: hosts file, VPN and local names included. */
export const resolveBySystem: Resolve = async (host) => promisify(systemLookup)(host, { all: true, order: 'verbatim' });

const REMEMBERED_MS = 60_000;
const MOST_NAMES = 10_000;
/** Each takes one of the few threads that files are read with too, and a name server may be silent for long. */
const AT_ONCE = 4;

export interface Lookups {
  /** For connections to any address. */
  readonly open: LookupFunction;
  /** For connections to public addresses only: others of a name are passed over, and a name that has no public one is refused. */
  readonly guarded: LookupFunction;
}

/**
 * Resolves names, a minute long from memory. What is judged is what is connected to: the addresses that pass go to the
 * connection itself, which asks nobody again.
 */
export function createLookups(resolve: Resolve, now: () => number): Lookups {
  const known = new Map<string, { readonly until: number; readonly addresses: readonly LookupAddress[] }>();
  const underWay = new Map<string, Promise<readonly LookupAddress[]>>();
  const waiting: (() => void)[] = [];
  let running = 0;

  async function ask(host: string): Promise<readonly LookupAddress[]> {
    if (running >= AT_ONCE) await new Promise<void>((begin) => { waiting.push(begin); });
    running += 1;
    try {
      const addresses = await resolve(host);
      if (known.size >= MOST_NAMES) known.clear();
      known.set(host, { until: now() + REMEMBERED_MS, addresses });
      return addresses;
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  }

  async function addressesOf(host: string): Promise<readonly LookupAddress[]> {
    const held = known.get(host);
    if (held !== undefined && held.until > now()) return held.addresses;
    const asked = underWay.get(host) ?? ask(host).finally(() => underWay.delete(host));
    underWay.set(host, asked);
    return asked;
  }

  const lookupBy = (choose: (host: string, addresses: readonly LookupAddress[]) => readonly LookupAddress[]): LookupFunction => (host, options, callback) => {
    const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : options.family ?? 0;
    addressesOf(host).then((found) => choose(host, found).filter((one) => family === 0 || one.family === family)).then((addresses) => {
      const [first] = addresses;
      if (first === undefined) throw new ProofsheetError('dns', `${host} has no address`);
      if (options.all === true) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    }).catch((error: unknown) => { callback(error as NodeJS.ErrnoException, ''); });
  };

  return {
    open: lookupBy((_host, addresses) => addresses),
    guarded: lookupBy((host, addresses) => {
      const open = addresses.filter(({ address }) => reservedRange(address) === null);
      const [first] = addresses;
      if (open.length === 0 && first !== undefined) throw blocked(host, first.address, reservedRange(first.address) ?? '');
      return open;
    }),
  };
}
