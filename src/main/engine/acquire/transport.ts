import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from 'undici';
import type { Agents } from './exchange.ts';
import type { Lookups } from './lookup.ts';

interface Transport extends Agents {
  close(): Promise<void>;
}

interface TransportOptions {
  readonly lookups: Lookups;
  /** `http:`, `https:` or `socks5:` address of a proxy, null for direct connections. */
  readonly proxy: string | null;
  readonly connectMs: number;
}

/** As many connections to one origin as any setting asks for: who limits them is asked before. */
const CONNECTIONS = 16;

/** Idle connections are kept a little longer than the pause between two items of a busy batch. */
const KEEP_ALIVE_MS = 10_000;

/**
 * The connections: one agent for public addresses, one for hosts that the workspace allows, so that no connection made
 * with leave serves a request without. Through a proxy it is the proxy that resolves names: then only addresses written
 * as numbers can be judged.
 */
function createTransport({ lookups, proxy, connectMs }: TransportOptions): Transport {
  const common = { connections: CONNECTIONS, pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS, allowH2: false } as const;
  const make = (lookup: Lookups['open']): Dispatcher => {
    if (proxy === null) return new Agent({ ...common, connect: { lookup, timeout: connectMs, autoSelectFamily: true } });
    if (proxy.startsWith('socks')) return new Socks5ProxyAgent(proxy, { ...common });
    return new ProxyAgent({ ...common, uri: proxy });
  };
  const [guarded, open] = [make(lookups.guarded), make(lookups.open)];
  return {
    guarded,
    open,
    async close() { await Promise.all([guarded.destroy(), open.destroy()]); },
  };
}

/** The same, made anew when the proxy is another: what is under way ends on the old connections. */
export function createSwitchingTransport({ lookups, proxy, connectMs }: Omit<TransportOptions, 'proxy'> & { readonly proxy: () => string | null }) {
  let current: { readonly proxy: string | null; readonly transport: Transport } | undefined;
  const retired: Transport[] = [];
  return {
    agents: (): Agents => {
      const wanted = proxy();
      if (current?.proxy !== wanted) {
        if (current !== undefined) retired.push(current.transport);
        current = { proxy: wanted, transport: createTransport({ lookups, proxy: wanted, connectMs }) };
      }
      return current.transport;
    },
    async close() { await Promise.all([...retired, ...current === undefined ? [] : [current.transport]].map((one) => one.close())); },
  };
}
