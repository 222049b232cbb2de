import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ProofsheetError } from '../errors.ts';

/** Hosts that may lie on a private or loopback address, as `hostOf` writes them. */
export type AllowedHosts = ReadonlySet<string>;

/** The name of a URL's host as people write it: lower case, no brackets, no port, no dot at the end. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '').toLowerCase();
}

/** Reads what somebody typed as a host to allow: `nas.local`, `127.0.0.1:8080`, `[::1]`, or a whole address. */
export function toAllowedHost(text: string): string {
  const trimmed = text.trim();
  const bare = isIP(trimmed) === 6 ? `[${trimmed}]` : trimmed;
  const url = URL.parse(/^[a-z]+:\/\//i.test(bare) ? bare : `http://${bare}`);
  if (url === null || url.hostname === '') throw new ProofsheetError('bad-input', `“${text}” is no host name.`);
  return hostOf(url);
}

/**
 * Refuses what is not fetched: other schemes than http and https, and addresses written as numbers that are not public.
 * Names are judged when they are resolved, see `createLookup`.
 * @throws ProofsheetError `blocked-scheme`, `blocked-address`
 */
export function checkUrl(url: URL, allowed: AllowedHosts): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new ProofsheetError('blocked-scheme', `only http and https addresses are fetched, not ${url.protocol.slice(0, -1)}`);
  const host = hostOf(url);
  if (isIP(host) === 0 || allowed.has(host)) return;
  const range = reservedRange(host);
  if (range !== null) throw blocked(host, host, range);
}

export function blocked(host: string, address: string, range: string): ProofsheetError {
  const what = host === address ? `${host} is` : `${host} is at ${address},`;
  return new ProofsheetError('blocked-address', `${what} ${range === 'a special address' ? range : `${range} address`}, which is not asked unless this workspace allows the host`, { host });
}

const RANGES: Readonly<Partial<Record<string, string>>> = {
  loopback: 'a loopback', private: 'a private', uniqueLocal: 'a private', linkLocal: 'a link-local', carrierGradeNat: 'a carrier’s internal',
  multicast: 'a multicast', broadcast: 'a broadcast', unspecified: 'an unspecified',
};

/**
 * What kind of address this is when it is not a public one (RFC 6890 and the IANA special-purpose registries), null when
 * it is. IPv4 addresses inside IPv6 ones (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) are judged by themselves.
 */
export function reservedRange(address: string): string | null {
  const parsed = ipaddr.parse(address.replace(/%.*$/, ''));
  const range = parsed.range();
  if (parsed instanceof ipaddr.IPv6) {
    const inner = embedded(parsed, range);
    if (inner !== null) return wordOf(inner.range());
  }
  return wordOf(range);
}

function wordOf(range: string): string | null {
  return range === 'unicast' ? null : RANGES[range] ?? 'a special address';
}

function embedded(address: ipaddr.IPv6, range: string): ipaddr.IPv4 | null {
  const { parts } = address;
  const at = (index: number, mask = 0): ipaddr.IPv4 => {
    const [high, low] = [(parts[index] ?? 0) ^ mask, (parts[index + 1] ?? 0) ^ mask];
    return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
  };
  if (range === 'ipv4Mapped' || range === 'rfc6145' || range === 'rfc6052') return at(6);
  if (range === '6to4') return at(1);
  // A Teredo address carries the client's address with its bits turned.
  if (range === 'teredo') return at(6, 0xffff);
  if (range !== 'unicast') return null;
  const isCompatible = parts.slice(0, 6).every((part) => part === 0);
  const isIsatap = ((parts[4] ?? 0) & 0xfdff) === 0 && parts[5] === 0x5efe;
  return isCompatible || isIsatap ? at(6) : null;
}
