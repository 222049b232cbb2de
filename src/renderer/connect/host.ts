import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import { AccessRefused, type Link } from './connection.ts';

/** What the preload script puts on the window in the desktop host. */
export interface DesktopBridge {
  readonly host: 'desktop';
  readonly platform: string;
  readonly version: string;
  readonly mediaBase: string;
  /** The absolute path of a file that was dropped or chosen. */
  readonly pathForFile: (file: File) => string;
  /** The native dialog; answers an empty list when it was cancelled. */
  readonly pick?: (what: PickKind) => Promise<readonly string[]>;
  /** Shows the original in the system's file manager. */
  readonly reveal?: (assetId: number) => Promise<unknown>;
  /** Hears which actions were chosen in the native menus; answers with the end of it. */
  readonly onAction?: (listener: (name: string) => void) => () => void;
}
export type PickKind = 'folder' | 'files' | 'list';

declare global {
  interface Window { readonly proofsheet?: DesktopBridge }
}

/** Where the engine is reached, and what this host can do. */
export interface Host {
  readonly kind: 'desktop' | 'browser';
  readonly platform: string;
  readonly version: string;
  readonly mediaBase: string;
  readonly desktop: DesktopBridge | null;
  /** Opens one connection; `onLost` is called once when it ends. Rejects with `AccessRefused` when trying again is useless. */
  readonly open: (onLost: () => void) => Promise<Link>;
  /** The browser host's upload endpoint; null where paths are known. */
  readonly upload: ((path: string, init: RequestInit) => Promise<Response>) | null;
}

/** Finds the host; rejects with `AccessRefused`, or with a network error worth trying again. */
export type FindHost = () => Promise<Host>;

/** To be called while the page loads: the desktop hands its port over right after. */
export function createHostFinder(target: Window): FindHost {
  if (!target.proofsheet) return () => browserHost(target);
  const host = desktopHost(target, target.proofsheet);
  return () => Promise.resolve(host);
}

function desktopHost(target: Window, desktop: DesktopBridge): Host {
  // The preload script posts one port now and another whenever the engine had to be started again.
  const waiting: MessagePort[] = [];
  let take: ((port: MessagePort) => void) | null = null;
  target.addEventListener('message', (event) => {
    const port = event.ports[0];
    if (event.source !== target || !port) return;
    if (take) { take(port); take = null; } else waiting.splice(0, waiting.length, port);
  });
  const nextPort = async () => waiting.pop() ?? await new Promise<MessagePort>((resolve) => { take = resolve; });
  return {
    kind: 'desktop', platform: desktop.platform, version: desktop.version, mediaBase: desktop.mediaBase, desktop, upload: null,
    open: async (onLost) => {
      const port = await nextPort();
      port.addEventListener('close', onLost, { once: true });
      const link = new PortLink({ port });
      port.start();
      return link;
    },
  };
}

interface Session { readonly mediaBase: string; readonly platform: string; readonly version: string }

async function browserHost(target: Window): Promise<Host> {
  const token = takeToken(target);
  if (!token) throw new AccessRefused('The address carries no access token.');
  const authorized = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${token}`);
    return fetch(path, { ...init, headers });
  };
  const askSession = async () => {
    const response = await authorized('/session');
    if (response.status === 401 || response.status === 403) throw new AccessRefused('The access token is not accepted.');
    if (!response.ok) throw new Error(`The session request was answered with status ${response.status}.`);
    return await response.json() as Session;
  };
  const session = await askSession();
  return {
    kind: 'browser', platform: session.platform, version: session.version, mediaBase: session.mediaBase, desktop: null,
    upload: authorized,
    open: (onLost) => openSocket(target.location, token, onLost).catch(async (error: unknown) => {
      // A socket does not tell why it failed. A host that was started again has another token, and this one is refused for ever.
      await askSession();
      throw error;
    }),
  };
}

/** Takes the token out of the address, where it would be copied and bookmarked, and keeps it for this tab. */
function takeToken(target: Window): string | null {
  const { location, sessionStorage, history } = target;
  const found = /[?#&]token=([0-9a-f]{64})/.exec(location.search + location.hash)?.[1];
  if (!found) return sessionStorage.getItem('token');
  sessionStorage.setItem('token', found);
  history.replaceState(null, '', location.pathname);
  return found;
}

function openSocket(location: Location, token: string, onLost: () => void): Promise<Link> {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/rpc`, ['proofsheet', token]);
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => {
      socket.addEventListener('close', onLost, { once: true });
      resolve(new SocketLink({ websocket: socket }));
    }, { once: true });
    socket.addEventListener('error', () => reject(new Error('The engine could not be reached.')), { once: true });
  });
}
