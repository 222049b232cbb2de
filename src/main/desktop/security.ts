import { session, shell, type App, type WebContents } from 'electron';
import { APP_ORIGIN } from './protocol.ts';

/** The window shows our own pages only, opens no other window and gets no permission but to write text to the clipboard. */
export function hardenWebContents(app: Pick<App, 'on'>): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(({ url }) => {
      openOutside(url);
      return { action: 'deny' };
    });
    for (const event of ['will-navigate', 'will-redirect', 'will-frame-navigate'] as const) blockForeign(contents, event);
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
}

export function hardenSession(): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) => answer(isPermitted(permission, requestingUrl)));
  defaultSession.setPermissionCheckHandler((_contents, permission, origin) => isPermitted(permission, origin));
  defaultSession.setDevicePermissionHandler(() => false);
  // Offline by construction: even a page that was tampered with can send nothing out.
  defaultSession.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !isOwnAddress(details.url) }));
}

/** True for the main frame of one of our own windows: nobody else may speak to the main process. */
export function isOwnFrame(frame: { readonly url: string; readonly parent: unknown } | null): boolean {
  return frame !== null && frame.parent === null && originOf(frame.url) === APP_ORIGIN;
}

/** Copying paths is all that our page needs; reading the clipboard is another permission. */
function isPermitted(permission: string, url: string): boolean {
  return permission === 'clipboard-sanitized-write' && originOf(url) === APP_ORIGIN;
}

function blockForeign(contents: WebContents, event: 'will-navigate' | 'will-redirect' | 'will-frame-navigate'): void {
  // The three events carry the same fields under one overload each; a listener for the first fits them all.
  contents.on(event as 'will-navigate', (details) => {
    if (originOf(details.url) !== APP_ORIGIN) details.preventDefault();
  });
}

/** Links of the window open in the user's browser, and only plain web addresses do. */
function openOutside(url: string): void {
  if (URL.canParse(url) && new URL(url).protocol === 'https:') void shell.openExternal(url);
}

function isOwnAddress(url: string): boolean {
  const { protocol } = new URL(url);
  return ['proofsheet:', 'devtools:', 'data:', 'blob:'].includes(protocol);
}

/** Not `URL.origin`: that is the text "null" for every scheme the URL standard does not know. */
function originOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
