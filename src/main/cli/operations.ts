import { randomUUID } from 'node:crypto';
import type { Operation } from '../../contract/index.ts';
import type { EngineClient } from '../host/engine-client.ts';
import type { CommandContext, ExitStatus } from './command.ts';
import { formatCount, printable } from './format.ts';
import type { Output } from './output.ts';

const LOOK_EVERY_MS = 500;
const LINE_EVERY_MS = 5000;
const LISTED = 50;
/** Among so many of the newest operations is the one that is at work. */
const RECENT = 20;

export interface Following {
  /** Which operation of the engine's is the one that is waited for: others may be at work for other commands. */
  readonly isOurs: (operation: Operation) => boolean;
}

/**
 * Does a long act of the cleanup's, and shows how far it is. The first Ctrl-C calls it off, and no other, whether it is at
 * work or waits for its turn: it is asked for under a name of its own.
 */
export async function withOperationProgress<Result>({ output, interrupt }: CommandContext, client: EngineClient, { isOurs }: Following, act: (token: string) => Promise<Result>): Promise<Result> {
  const token = randomUUID();
  let lastLine = performance.now();
  let isWaitTold = false;
  const callOff = (): void => { void client.cleanup.cancel({ token }).catch(() => undefined); };
  const look = async (): Promise<void> => {
    if (interrupt.signal.aborted) callOff();
    const running = (await client.cleanup.operations({ limit: RECENT })).filter((one) => one.finishedAt === null);
    const operation = running.find(isOurs);
    if (operation === undefined) {
      if (running.length > 0 && !isWaitTold) output.note('Waiting for another cleanup to end.');
      isWaitTold ||= running.length > 0;
      return;
    }
    const { planned, moved, skipped, unreachable, restored, state } = operation;
    const line = state === 'undoing' ? `${formatCount(restored)} of ${formatCount(moved)} put back` : `${formatCount(moved + skipped + unreachable)} of ${formatCount(planned)}${skipped === 0 ? '' : ` · ${formatCount(skipped)} skipped`}`;
    if (output.isLive) output.live(line);
    else if (performance.now() - lastLine >= LINE_EVERY_MS) {
      lastLine = performance.now();
      output.note(line);
    }
  };
  // What is only shown must not make the command fail: the operation's own answer tells what is wrong.
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS);
  interrupt.signal.addEventListener('abort', callOff);
  try {
    return await act(token);
  } finally {
    clearInterval(timer);
    interrupt.signal.removeEventListener('abort', callOff);
    output.live('');
  }
}

/** 130 for what Ctrl-C has called off, else 3 when something was left as it was. */
export function statusOf({ interrupt }: CommandContext, skippedCount: number): ExitStatus {
  return interrupt.signal.aborted ? interrupt.status() : skippedCount > 0 ? 3 : 0;
}

export function describeSkipped(output: Output, { skippedCount, skipped }: { readonly skippedCount: number; readonly skipped: readonly { readonly path: string; readonly reason: string }[] }): void {
  for (const { path, reason } of skipped.slice(0, LISTED)) output.note(printable(`${path}: ${reason}`));
  const hidden = skippedCount - Math.min(LISTED, skipped.length);
  if (hidden > 0) output.note(`… and ${formatCount(hidden)} more were left where they are.`);
}
