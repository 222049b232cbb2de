import type { Writable } from 'node:stream';
import { printableLines } from './format.ts';
import { toSnakeCase } from './snake-case.ts';

export interface Output {
  readonly isJson: boolean;
  readonly isTerminal: boolean;
  /** One JSON document, or one line of JSON Lines. */
  readonly json: (value: unknown) => Promise<void>;
  /** One JSON document whose lists may be too long to be held: its other keys first, then the lists. */
  readonly jsonLists: (head: Readonly<Record<string, unknown>>, lists: Readonly<Record<string, AsyncIterable<unknown>>>) => Promise<void>;
  /** Whether anything went to stdout. */
  readonly hasPrinted: () => boolean;
  /** Text for people, on stdout. Here and in notes control characters are shown, line ends excepted. */
  readonly text: (text: string) => Promise<void>;
  /** A file's own text, as it is; on a terminal like other text. */
  readonly raw: (text: string) => Promise<void>;
  /** What is said beside the result, on stderr. */
  readonly note: (text: string) => void;
  /** Draws over the same line of a terminal, again and again; an empty text takes it away. Elsewhere nothing is drawn. */
  readonly live: (text: string) => void;
  readonly isLive: boolean;
  readonly flush: () => Promise<void>;
  /** Aborted when stdout takes no more: whoever read it went away (`… | head`), or it was lost. */
  readonly closed: AbortSignal;
  /** Why stdout could not be written, when that was not its reader's wish: the disk is full, say. */
  readonly lost: () => Error | undefined;
}

export interface Streams {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
}

export function createOutput({ stdout, stderr }: Streams, isJson: boolean): Output {
  const closed = new AbortController();
  let lost: Error | undefined;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') lost = error;
    closed.abort();
  });
  // A vanished stderr takes nothing with it that anyone could still read.
  stderr.on('error', () => undefined);
  let drawn = false;
  let printed = false;
  const write = async (text: string): Promise<void> => {
    closed.signal.throwIfAborted();
    printed = true;
    if (!stdout.write(text)) await drained(stdout, closed.signal);
    closed.signal.throwIfAborted();
  };
  const live = (text: string): void => {
    if (stderr.isTTY !== true || (!drawn && text === '')) return;
    // A terminal that does not know its width says 0.
    const width = stderr.columns === undefined || stderr.columns === 0 ? 80 : stderr.columns;
    stderr.write(`\r\u001b[K${text.slice(0, width - 1)}`);
    drawn = text !== '';
  };
  return {
    isJson,
    isTerminal: stdout.isTTY === true,
    json: async (value) => { await write(`${JSON.stringify(toSnakeCase(value))}\n`); },
    async jsonLists(head, lists) {
      let ahead = JSON.stringify(toSnakeCase(head)).slice(0, -1);
      for (const [key, items] of Object.entries(lists)) {
        ahead += `${ahead === '{' ? '' : ','}${JSON.stringify(key)}:[`;
        for await (const item of items) {
          await write(`${ahead}${JSON.stringify(toSnakeCase(item))}`);
          ahead = ',';
        }
        ahead = ahead === ',' ? ']' : `${ahead}]`;
      }
      await write(`${ahead}}\n`);
    },
    hasPrinted: () => printed,
    text: async (text) => { await write(`${printableLines(text)}\n`); },
    raw: (text) => write(stdout.isTTY === true ? printableLines(text) : text),
    note(text) {
      live('');
      stderr.write(`${printableLines(text)}\n`);
    },
    live,
    isLive: stderr.isTTY === true,
    flush: async () => {
      live('');
      await Promise.all([stdout, stderr].map(async (stream) => {
        await new Promise<void>((resolve) => { stream.write('', () => { resolve(); }); });
      }));
    },
    closed: closed.signal,
    lost: () => lost,
  };
}

async function drained(stream: Writable, closed: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      closed.removeEventListener('abort', done);
      resolve();
    };
    stream.once('drain', done);
    closed.addEventListener('abort', done);
  });
}
