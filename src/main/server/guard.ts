import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Guard {
  /** Who may talk to us at all: 403 for a foreign Host or Origin (DNS rebinding, other sites' pages), else undefined. */
  readonly refusal: (request: IncomingMessage) => 403 | undefined;
  readonly isToken: (candidate: string | undefined) => boolean;
  /** `Authorization: Bearer <token>` */
  readonly isAuthorized: (request: IncomingMessage) => boolean;
  /** The capability in media addresses: derived from the token, so that pictures need no header and no cookie. */
  readonly mediaKey: string;
  readonly isMediaKey: (candidate: string) => boolean;
}

/** `token`: 64 hexadecimal digits. Comparisons take the same time whatever is wrong. */
export function createGuard(token: string, port: number): Guard {
  const hosts = new Set([`127.0.0.1:${String(port)}`, `localhost:${String(port)}`]);
  const mediaKey = createHmac('sha256', token).update('media').digest('hex').slice(0, 32);
  const isToken = (candidate: string | undefined): boolean => candidate !== undefined && isSame(candidate, token);
  return {
    refusal(request) {
      const { host, origin } = request.headers;
      const isOurs = host !== undefined && hosts.has(host);
      // Programs send no Origin; browsers always do on upgrades and on POST, and cannot be made to lie.
      const isSameOrigin = origin === undefined || (isOurs && origin === `http://${host}`);
      return isOurs && isSameOrigin ? undefined : 403;
    },
    isToken,
    isAuthorized: (request) => isToken(/^Bearer ([0-9a-f]{64})$/.exec(request.headers.authorization ?? '')?.[1]),
    mediaKey,
    isMediaKey: (candidate) => isSame(candidate, mediaKey),
  };
}

/** Digests have one length, so that not even the length of the secret can be timed. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
