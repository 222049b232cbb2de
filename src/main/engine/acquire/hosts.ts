import { DOWNLOAD_LIMITS, type DownloadSettings, type ErrorCode } from '../../../contract/index.ts';

/** How many downloads may run at once, altogether and from one host; `adaptive` lets both move between `least` and these. */
export interface Limits {
  readonly global: number;
  readonly perHost: number;
  /** Null holds them where they are. */
  readonly least: { readonly global: number; readonly perHost: number } | null;
}

/** The adaptive mode stays above these. */
const LEAST = { global: 5, perHost: 2 } as const;

export function limitsOf({ mode, global, perHost }: Pick<DownloadSettings, 'mode' | 'global' | 'perHost'>): Limits {
  return { ...mode === 'custom' ? { global, perHost } : DOWNLOAD_LIMITS[mode], least: mode === 'adaptive' ? LEAST : null };
}

/** How an attempt ended, as far as its host is concerned. */
export type Attempt =
  | { readonly kind: 'answered'; readonly ms: number; readonly bytes: number }
  | { readonly kind: 'limited'; readonly retryAfterMs: number | null }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }
  /** Called off, or not its fault. */
  | { readonly kind: 'dropped' };

export interface HostView {
  readonly host: string;
  readonly active: number;
  readonly limit: number;
  readonly answered: number;
  readonly failed: number;
  readonly limited: number;
  readonly bytesPerSecond: number;
  /** Milliseconds from the request to the end of the body: the median and the 95th percentile of the last 64. */
  readonly latencyMs: { readonly p50: number; readonly p95: number } | null;
  /** 0–1: how well it answers; see `scoreOf`. */
  readonly health: number;
  readonly state: 'open' | 'parked' | 'resting' | 'trial' | 'given-up';
  /** When it is asked again, milliseconds since 1970; null when nothing holds it back. */
  readonly until: number | null;
  /** Why it is held back or its limit is not what is set, in the code of what happened; null when neither. */
  readonly because: ErrorCode | null;
}

export interface Hosts {
  /** How many downloads from this host may begin now. */
  room(host: string): number;
  /**
   * How many may begin now from all hosts together.
   * @param waiting how many of those that run have waited for long: they cost little, and count as a quarter
   */
  globalRoom(waiting: number): number;
  began(host: string): void;
  ended(host: string, attempt: Attempt): void;
  /** What to fail its items with, when it has been given up; null while there is hope. */
  givenUp(host: string): { readonly code: ErrorCode; readonly message: string } | null;
  /** For how long it has asked for fewer requests without answering any, milliseconds. */
  limitedFor(host: string): number;
  /** Whoever asks for it again has reasons to. */
  forgive(): void;
  /** When a host that is held back may be asked again; null when none is. */
  nextChange(): number | null;
  health(host: string): number;
  view(): HostView[];
  /** How many hosts could not be reached at the last attempt, and whether any has answered in the last `ms`. */
  outage(ms: number): { readonly failing: number; readonly isAnyAnswering: boolean };
}

const MOST_HOSTS = 5000;
const LATENCIES = 64;
/** A server that asks for less work without saying for how long. */
const FIRST_PARKING_MS = 2000;
const LONGEST_PARKING_MS = 60_000;
/** Retry-After is obeyed up to a day: beyond it is a mistake or a refusal. */
const LONGEST_RETRY_AFTER_MS = 24 * 3600_000;
/** The breaker looks at this many attempts, within this time. */
const WINDOW = 10;
const WINDOW_MS = 30_000;
const FAILING_SHARE = 0.8;
const FIRST_REST_MS = 10_000;
/** A host that has failed in so many trials after a rest is given up. */
const MOST_TRIALS = 3;
/** Between two requests to a host that is in trouble, in the adaptive mode. */
const LEAST_DELAY_MS = 200;
const MOST_DELAY_MS = 2000;
/** Latency that grows to this multiple of the best seen says that the host is at its limit. */
const SLOWER = 2;

interface Host {
  active: number;
  limit: number;
  /** Answers since the limit was last changed. */
  streak: number;
  delayMs: number;
  nextAt: number;
  parkedUntil: number;
  parkings: number;
  limitedSince: number | null;
  /** The breaker: until when it rests, and how many trials have failed. */
  restsUntil: number;
  failedTrials: number;
  isTrial: boolean;
  recent: { readonly at: number; readonly ok: boolean }[];
  latencies: number[];
  bestMs: number;
  bytesPerSecond: number;
  lastAnswerAt: number;
  answered: number;
  failed: number;
  limited: number;
  because: ErrorCode | null;
  lastFailure: { readonly code: ErrorCode; readonly message: string } | null;
  isGivenUp: boolean;
}

/**
 * What is known of the hosts that are asked, while the engine runs: how many requests each takes, whom to leave alone
 * until when, and whom to give up.
 *
 * Additive increase and multiplicative decrease per host (Chiu and Jain, 1989) from errors and latency; parking on 429
 * and Retry-After; a circuit breaker (Nygard, Release It!) that rests after failures in a row, tries one request, and
 * gives a host up when the trials fail too: its items then fail at once instead of waiting for ever.
 */
export function createHosts({ limits, now }: { readonly limits: () => Limits; readonly now: () => number }): Hosts {
  const hosts = new Map<string, Host>();
  let activeOverall = 0;
  let globalLimit = limits().global;
  let globalStreak = 0;

  /** Known or as good as new; only who begins something is remembered. */
  function of(name: string): Host {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const { perHost, least } = limits();
    return {
      active: 0, limit: least === null ? perHost : Math.max(least.perHost, Math.ceil(perHost / 2)), streak: 0, delayMs: 0, nextAt: 0, parkedUntil: 0, parkings: 0, limitedSince: null, restsUntil: 0, failedTrials: 0, isTrial: false,
      recent: [], latencies: [], bestMs: Infinity, bytesPerSecond: 0, lastAnswerAt: 0, answered: 0, failed: 0, limited: 0, because: null, lastFailure: null, isGivenUp: false,
    };
  }

  /** Of a million hosts those are forgotten that nothing has to be known of. */
  function forgetSome(): void {
    for (const [name, host] of hosts) {
      if (hosts.size <= MOST_HOSTS) return;
      if (host.active === 0 && !host.isGivenUp && opensAt(host) <= now()) hosts.delete(name);
    }
  }

  function limitOf(host: Host): number {
    const { perHost, least } = limits();
    return least === null ? perHost : Math.min(perHost, Math.max(least.perHost, host.limit));
  }

  function globalLimitNow(): number {
    const { global, least } = limits();
    return least === null ? global : Math.min(global, Math.max(least.global, globalLimit));
  }

  function raise(host: Host): void {
    host.delayMs = host.delayMs <= LEAST_DELAY_MS ? 0 : host.delayMs / 2;
    const { perHost, least } = limits();
    if (least === null) return;
    host.streak += 1;
    globalStreak += 1;
    const recent = host.latencies.slice(-8);
    const isSlower = recent.length === 8 && median(recent) > SLOWER * host.bestMs && median(recent) > 250;
    if (host.streak >= limitOf(host) && !isSlower && host.limit < perHost) {
      host.limit += 1;
      host.streak = 0;
      if (host.limit >= perHost) host.because = null;
    }
    if (globalStreak >= globalLimitNow()) {
      globalLimit = Math.min(limits().global, globalLimitNow() + 1);
      globalStreak = 0;
    }
  }

  function lower(host: Host, because: ErrorCode): void {
    host.because = because;
    host.streak = 0;
    const { least } = limits();
    if (least === null) return;
    host.limit = Math.max(least.perHost, Math.floor(limitOf(host) / 2));
    host.delayMs = Math.min(MOST_DELAY_MS, Math.max(LEAST_DELAY_MS, host.delayMs * 2));
    globalLimit = Math.max(least.global, globalLimitNow() - 1);
    globalStreak = 0;
  }

  function note(host: Host, ok: boolean): void {
    host.recent.push({ at: now(), ok });
    if (host.recent.length > WINDOW) host.recent.shift();
  }

  function fail(host: Host, code: ErrorCode, message: string): void {
    host.failed += 1;
    host.lastFailure = { code, message };
    note(host, false);
    lower(host, code);
    if (host.isTrial) {
      host.isTrial = false;
      host.failedTrials += 1;
      if (host.failedTrials >= MOST_TRIALS) host.isGivenUp = true;
      else host.restsUntil = now() + FIRST_REST_MS * 2 ** host.failedTrials;
      return;
    }
    const inWindow = host.recent.filter(({ at }) => now() - at <= WINDOW_MS);
    if (host.restsUntil <= now() && inWindow.length >= WINDOW && inWindow.filter(({ ok }) => !ok).length >= FAILING_SHARE * WINDOW) host.restsUntil = now() + FIRST_REST_MS;
  }

  function answer(host: Host, ms: number, bytes: number): void {
    host.answered += 1;
    host.lastAnswerAt = now();
    host.latencies.push(ms);
    if (host.latencies.length > LATENCIES) host.latencies.shift();
    host.bestMs = Math.min(host.bestMs, ms);
    host.bytesPerSecond += (bytes / Math.max(0.001, ms / 1000) - host.bytesPerSecond) / Math.min(16, host.answered);
    [host.restsUntil, host.failedTrials, host.isTrial, host.parkings, host.limitedSince, host.isGivenUp] = [0, 0, false, 0, null, false];
    note(host, true);
    raise(host);
  }

  function limit(host: Host, retryAfterMs: number | null): void {
    host.limited += 1;
    host.isTrial = false;
    host.limitedSince ??= now();
    lower(host, 'rate-limited');
    const own = Math.min(LONGEST_PARKING_MS, FIRST_PARKING_MS * 2 ** host.parkings);
    host.parkings += 1;
    host.parkedUntil = Math.max(host.parkedUntil, now() + Math.min(LONGEST_RETRY_AFTER_MS, retryAfterMs ?? own));
  }

  /** When it may be asked again: now, or later. */
  function opensAt(host: Host): number {
    return Math.max(host.parkedUntil, host.restsUntil, host.delayMs > 0 ? host.nextAt : 0);
  }

  return {
    room(name) {
      const host = of(name);
      if (host.isGivenUp || opensAt(host) > now()) return 0;
      // After a rest, and after a parking, one goes first.
      const isFirst = host.restsUntil > 0 || (host.parkings > 0 && host.parkedUntil > 0);
      if (isFirst) return host.active === 0 ? 1 : 0;
      if (host.delayMs > 0) return host.active < limitOf(host) ? 1 : 0;
      return Math.max(0, limitOf(host) - host.active);
    },
    globalRoom: (waiting) => Math.max(0, Math.floor(globalLimitNow() - activeOverall + 0.75 * waiting)),
    began(name) {
      const host = of(name);
      if (!hosts.has(name)) {
        if (hosts.size >= MOST_HOSTS + MOST_HOSTS / 10) forgetSome();
        hosts.set(name, host);
      }
      host.active += 1;
      activeOverall += 1;
      host.nextAt = now() + host.delayMs;
      if (host.restsUntil > 0) host.isTrial = true;
    },
    ended(name, attempt) {
      const host = of(name);
      host.active -= 1;
      activeOverall -= 1;
      switch (attempt.kind) {
        case 'answered': answer(host, attempt.ms, attempt.bytes); break;
        case 'limited': limit(host, attempt.retryAfterMs); break;
        case 'failed': fail(host, attempt.code, attempt.message); break;
        case 'dropped': host.isTrial = false;
      }
    },
    givenUp(name) {
      const host = of(name);
      return host.isGivenUp ? host.lastFailure : null;
    },
    limitedFor(name) {
      const { limitedSince } = of(name);
      return limitedSince === null ? 0 : now() - limitedSince;
    },
    forgive() {
      for (const host of hosts.values()) {
        if (host.isGivenUp) [host.isGivenUp, host.restsUntil, host.failedTrials, host.recent] = [false, 0, 0, []];
      }
    },
    nextChange() {
      let next: number | null = null;
      for (const host of hosts.values()) {
        const at = opensAt(host);
        if (!host.isGivenUp && at > now() && (next === null || at < next)) next = at;
      }
      return next;
    },
    health: (name) => scoreOf(of(name)),
    view: () => [...hosts].map(([name, host]): HostView => {
      const sorted = host.latencies.toSorted((a, b) => a - b);
      const [isParked, isResting] = [host.parkedUntil > now(), host.restsUntil > now()];
      return {
        host: name, active: host.active, limit: limitOf(host), answered: host.answered, failed: host.failed, limited: host.limited, bytesPerSecond: Math.round(host.bytesPerSecond),
        latencyMs: sorted.length === 0 ? null : { p50: Math.round(at(sorted, 0.5)), p95: Math.round(at(sorted, 0.95)) }, health: scoreOf(host),
        state: host.isGivenUp ? 'given-up' : isParked ? 'parked' : isResting ? 'resting' : host.restsUntil > 0 ? 'trial' : 'open',
        until: isParked || isResting ? Math.max(host.parkedUntil, host.restsUntil) : null,
        because: host.isGivenUp ? host.lastFailure?.code ?? null : host.because,
      };
    }),
    outage(ms) {
      const failing = [...hosts.values()].filter(({ recent, lastFailure }) => recent.at(-1)?.ok === false && (lastFailure?.code === 'dns' || lastFailure?.code === 'connect')).length;
      return { failing, isAnyAnswering: [...hosts.values()].some(({ lastAnswerAt }) => now() - lastAnswerAt < ms) };
    },
  };
}

/** The share of recent attempts that were answered, less for slowness (a second halves the rest) and for each request to slow down. */
function scoreOf({ recent, latencies, parkings }: Host): number {
  const share = recent.length === 0 ? 1 : recent.filter(({ ok }) => ok).length / recent.length;
  const p95 = latencies.length === 0 ? 0 : at(latencies.toSorted((a, b) => a - b), 0.95);
  return Math.round(1000 * share * (0.5 + 0.5 / (1 + p95 / 1000)) / (1 + parkings)) / 1000;
}

function median(values: readonly number[]): number {
  return at(values.toSorted((a, b) => a - b), 0.5);
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
