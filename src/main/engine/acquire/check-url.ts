import type { UrlJudgement } from '../../../contract/index.ts';
import { ProofsheetError } from '../errors.ts';
import { type AllowedHosts, checkUrl } from './addresses.ts';
import { parseRobots, type Robots } from './robots.ts';
import type { RobotsCache } from './robots-cache.ts';

export interface UrlQuestion {
  readonly url: string;
  readonly userAgent: string;
  readonly allowed: AllowedHosts;
  /** A robots.txt to judge by: then nobody is asked. */
  readonly robots: Uint8Array | null;
}

/** Would a crawl fetch this address, and if not, by which rule. @throws ProofsheetError `bad-input` when it is no address */
export async function judgeUrl({ url: text, userAgent, allowed, robots: given }: UrlQuestion, sites: RobotsCache, signal: AbortSignal): Promise<UrlJudgement> {
  const url = URL.parse(text);
  if (url === null) throw new ProofsheetError('bad-input', `“${text}” is no address.`);
  if (given !== null) return byRobots(parseRobots(given), userAgent, url);
  try {
    checkUrl(url, allowed);
    const site = await sites.rulesOf(url.origin, allowed, signal);
    if (site.kind === 'rules') return byRobots(site.robots, userAgent, url);
    if (site.kind === 'none') return { allowed: true, code: null, reason: `the site has no robots.txt (${site.status})`, rule: null };
    return { allowed: false, code: 'blocked-robots', reason: `its robots.txt cannot be had, so nothing of the site may be fetched for now: ${site.reason}`, rule: null };
  } catch (error) {
    if (!(error instanceof ProofsheetError) || (error.code !== 'blocked-address' && error.code !== 'blocked-scheme')) throw error;
    return { allowed: false, code: error.code, reason: error.message, rule: null };
  }
}

function byRobots(robots: Robots, userAgent: string, url: URL): UrlJudgement {
  const { allowed, rule } = robots.judge(userAgent, url);
  if (rule === null) return { allowed, code: null, reason: 'no rule of its robots.txt is about it', rule: null };
  return allowed ? { allowed, code: null, reason: 'its robots.txt allows it', rule: rule.text } : { allowed, code: 'blocked-robots', reason: 'its robots.txt forbids it', rule: rule.text };
}
