/** One line of a robots.txt that allows or forbids. */
export interface RobotsRule {
  readonly allow: boolean;
  /** As it stands in the file: `Disallow: /private/*.jpg$`. */
  readonly text: string;
  readonly pattern: string;
}

export interface Robots {
  /**
   * Whether a crawler may fetch an address by its path and query (RFC 9309): of the rules that match, the longest pattern
   * decides, and of equally long ones the one that allows. `rule` is null where none matches.
   * @param userAgent its product token counts, up to the first character that is no letter, `_` or `-`
   */
  judge(userAgent: string, url: URL): { readonly allowed: boolean; readonly rule: RobotsRule | null };
  /** Seconds between two requests that the site asks this crawler for; null where it does not. No part of the RFC. */
  crawlDelay(userAgent: string): number | null;
  /** Addresses of sitemaps, as they are written. */
  readonly sitemaps: readonly string[];
}

/** Beyond it nothing has to be read (RFC 9309, 2.5). Bytes. */
export const ROBOTS_LIMIT = 500 * 1024;

interface Group {
  readonly agents: string[];
  readonly rules: RobotsRule[];
  crawlDelay: number | null;
}

/**
 * Reads a robots.txt as RFC 9309 says, as leniently as Google's parser where it says nothing: any line end, a byte order
 * mark, comments, spaces, names in any case; a line that is none is passed over and ends no group.
 */
export function parseRobots(bytes: Uint8Array): Robots {
  const text = new TextDecoder().decode(bytes.subarray(0, ROBOTS_LIMIT));
  const groups: Group[] = [];
  const sitemaps: string[] = [];
  let current: Group | undefined;
  let isNamed = false;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [said = ''] = line.split('#', 1);
    const colon = said.indexOf(':');
    if (colon < 0) continue;
    const [key, value] = [said.slice(0, colon).trim().toLowerCase(), said.slice(colon + 1).trim()];
    if (key === 'user-agent') {
      // Names that follow each other share what comes after them; a name behind a rule begins anew.
      if (current === undefined || !isNamed) groups.push(current = { agents: [], rules: [], crawlDelay: null });
      isNamed = true;
      current.agents.push(value === '*' || value.startsWith('* ') ? '*' : productToken(value));
    } else if (key === 'allow' || key === 'disallow') {
      isNamed = false;
      // What forbids nothing says nothing; what comes before every name is nobody's.
      if (value !== '') for (const pattern of patternsOf(key, value)) current?.rules.push({ allow: key === 'allow', text: `${key === 'allow' ? 'Allow' : 'Disallow'}: ${value}`, pattern });
    } else if (key === 'sitemap' && value !== '') sitemaps.push(value);
    else if (key === 'crawl-delay' && current !== undefined && /^\d+(?:\.\d+)?$/.test(value)) {
      isNamed = false;
      current.crawlDelay = Number(value);
    }
  }

  /** All groups that name this crawler, and those for everybody only where none does. */
  function groupsFor(userAgent: string): readonly Group[] {
    const token = productToken(userAgent);
    const own = groups.filter(({ agents }) => token !== '' && agents.includes(token));
    return own.length > 0 ? own : groups.filter(({ agents }) => agents.includes('*'));
  }

  return {
    sitemaps,
    crawlDelay: (userAgent) => groupsFor(userAgent).reduce<number | null>((longest, { crawlDelay }) => (crawlDelay === null ? longest : Math.max(longest ?? 0, crawlDelay)), null),
    judge(userAgent, url) {
      const path = normalized(url.pathname + url.search);
      if (url.pathname === '/robots.txt') return { allowed: true, rule: null };
      let best: RobotsRule | null = null;
      for (const rule of groupsFor(userAgent).flatMap(({ rules }) => rules)) {
        const isBetter = best === null || rule.pattern.length > best.pattern.length || (rule.pattern.length === best.pattern.length && rule.allow && !best.allow);
        if (isBetter && matches(rule.pattern, path)) best = rule;
      }
      return { allowed: best?.allow ?? true, rule: best };
    },
  };
}

function productToken(userAgent: string): string {
  return /^[a-z_-]*/i.exec(userAgent.trim())?.[0].toLowerCase() ?? '';
}

/** An index page stands for its folder where it is allowed, as with Google. */
function patternsOf(key: 'allow' | 'disallow', value: string): string[] {
  const pattern = normalized(value);
  const folder = key === 'allow' ? /^(.*\/)index\.html?$/.exec(pattern)?.[1] : undefined;
  return folder === undefined ? [pattern] : [pattern, `${folder}$`];
}

const encoder = new TextEncoder();

/** The one form of a path: letters and the like as they are, everything else that may be escaped as `%XX` (RFC 9309, 2.2.2). */
function normalized(path: string): string {
  return path
    .replace(/[^\x21-\x7e]+/g, (text) => Array.from(encoder.encode(text), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''))
    .replace(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16));
      return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
    });
}

/**
 * `*` stands for any characters, `$` at the end for the end. In time of pattern × path at most, whatever the pattern:
 * a set of places is carried along, as in Google's matcher.
 */
function matches(pattern: string, path: string): boolean {
  let places = [0];
  // Escaped, it is ASCII.
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern[index];
    if (character === '$' && index + 1 === pattern.length) return places.at(-1) === path.length;
    if (character === '*') {
      const from = places[0] ?? 0;
      places = Array.from({ length: path.length - from + 1 }, (_, offset) => from + offset);
      continue;
    }
    places = places.flatMap((place) => (path[place] === character ? [place + 1] : []));
    if (places.length === 0) return false;
  }
  return true;
}
