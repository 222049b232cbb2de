import { errorMessageOf, ProofsheetError } from '../errors.ts';
import { type AllowedHosts, hostOf } from './addresses.ts';
import { type Agents, type Clocks, EnoughRead, exchange, type Head } from './exchange.ts';
import { parseRobots, type Robots, ROBOTS_LIMIT } from './robots.ts';

/** What a site's robots.txt says, or why nobody may fetch from it for now, or that there is none. */
export type SiteRules =
  | { readonly kind: 'rules'; readonly robots: Robots }
  | { readonly kind: 'none'; readonly status: number }
  | { readonly kind: 'unreachable'; readonly reason: string };

export interface RobotsCache {
  /** @throws ProofsheetError `blocked-scheme`, `blocked-address` where the site may not be asked at all */
  rulesOf(origin: string, allowed: AllowedHosts, signal: AbortSignal): Promise<SiteRules>;
}

/** At most a day (RFC 9309, 2.4); a site that could not be reached is asked again sooner. */
const KEPT_MS = 24 * 3600_000;
const UNREACHABLE_KEPT_MS = 5 * 60_000;
const MOST_SITES = 10_000;

/**
 * The robots.txt of each site, asked for once a day. Not there (4xx): all is allowed. Not to be had (5xx, no answer):
 * nothing is (RFC 9309, 2.3.1).
 */
export function createRobotsCache({ agents, userAgent, clocks, now }: { readonly agents: () => Agents; readonly userAgent: string; readonly clocks: () => Clocks; readonly now: () => number }): RobotsCache {
  const known = new Map<string, { readonly until: number; readonly rules: SiteRules }>();

  async function ask(origin: string, allowed: AllowedHosts, signal: AbortSignal): Promise<SiteRules> {
    const parts: Buffer[] = [];
    let bytes = 0;
    let head: Head;
    try {
      head = await exchange(agents(), { url: new URL('/robots.txt', origin), headers: { 'user-agent': userAgent, accept: 'text/plain,*/*;q=0.5', 'accept-encoding': 'identity' }, allowed, clocks: clocks() }, () => ({
        data(chunk) {
          parts.push(chunk);
          bytes += chunk.length;
          return bytes >= ROBOTS_LIMIT ? Promise.reject(new EnoughRead()) : undefined;
        },
      }), signal);
    } catch (error) {
      if (!(error instanceof ProofsheetError) || error.code === 'blocked-address' || error.code === 'blocked-scheme') throw error;
      // So many redirects are as good as no file (RFC 9309, 2.3.1.2).
      return error.code === 'too-many-redirects' ? { kind: 'none', status: 302 } : { kind: 'unreachable', reason: errorMessageOf(error) };
    }
    if (head.status >= 200 && head.status < 300) return { kind: 'rules', robots: parseRobots(Buffer.concat(parts)) };
    return head.status >= 500 ? { kind: 'unreachable', reason: `the server answered ${head.status}` } : { kind: 'none', status: head.status };
  }

  return {
    async rulesOf(origin, allowed, signal) {
      // What was learnt with leave is not for those without.
      const key = `${allowed.has(hostOf(new URL(origin))) ? 'allowed' : 'public'} ${origin}`;
      const held = known.get(key);
      if (held !== undefined && held.until > now()) return held.rules;
      const rules = await ask(origin, allowed, signal);
      if (known.size >= MOST_SITES) known.clear();
      known.set(key, { until: now() + (rules.kind === 'unreachable' ? UNREACHABLE_KEPT_MS : KEPT_MS), rules });
      return rules;
    },
  };
}
