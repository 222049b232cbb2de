import type { EngineClient } from '../host/engine-client.ts';
import type { CommandContext } from './command.ts';
import { formatCount, printable } from './format.ts';
import type { Output } from './output.ts';

const LOOK_EVERY_MS = 500;
const LINE_EVERY_MS = 5000;
const LISTED = 50;

/** Shows how far an operation is while it runs; the first Ctrl-C ends it after the file that it is busy with. */
export async function withOperationProgress<Result>({ output, interrupt }: CommandContext, client: EngineClient, act: () => Promise<Result>): Promise<Result> {
  let lastLine = performance.now();
  let running: number | undefined;
  const look = async (): Promise<void> => {
    const [operation] = await client.cleanup.operations({ limit: 1 });
    if (operation === undefined || operation.finishedAt !== null) return;
    running = operation.id;
    if (interrupt.signal.aborted) await client.cleanup.cancel({ operationId: operation.id });
    const { planned, moved, skipped, restored, state } = operation;
    const line = state === 'undoing' ? `${formatCount(restored)} of ${formatCount(moved)} put back` : `${formatCount(moved + skipped)} of ${formatCount(planned)}${skipped === 0 ? '' : ` · ${formatCount(skipped)} skipped`}`;
    if (output.isLive) output.live(line);
    else if (performance.now() - lastLine >= LINE_EVERY_MS) {
      lastLine = performance.now();
      output.note(line);
    }
  };
  // What is only shown must not make the command fail: the operation's own answer tells what is wrong.
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS);
  const onInterrupt = (): void => { void (running === undefined ? look() : client.cleanup.cancel({ operationId: running })).catch(() => undefined); };
  interrupt.signal.addEventListener('abort', onInterrupt);
  try {
    return await act();
  } finally {
    clearInterval(timer);
    interrupt.signal.removeEventListener('abort', onInterrupt);
    output.live('');
  }
}

export function describeSkipped(output: Output, { skippedCount, skipped }: { readonly skippedCount: number; readonly skipped: readonly { readonly path: string; readonly reason: string }[] }): void {
  for (const { path, reason } of skipped.slice(0, LISTED)) output.note(printable(`${path}: ${reason}`));
  const hidden = skippedCount - Math.min(LISTED, skipped.length);
  if (hidden > 0) output.note(`… and ${formatCount(hidden)} more were left where they are.`);
}
