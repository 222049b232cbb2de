export interface LentBuffer extends Disposable {
  /** Exactly as long as was asked for; its content is whatever was in it before. */
  readonly buffer: Buffer;
}

/**
 * What the runner lends a task while it runs. A task that takes both takes the file first: holding one budget while
 * waiting for the other is safe only in one order.
 */
export interface TaskContext {
  /** Waits until a file of this many bytes may be held in memory, and lends the memory; disposing takes it back. */
  readonly lendFileBuffer: (bytes: number) => Promise<LentBuffer>;
  /** Waits until a decode with this peak of bytes may begin; disposing gives them back. */
  readonly admitDecode: (peakBytes: number) => Promise<Disposable>;
}

/**
 * A unit of work that leaves the engine's thread: input in, result out, files written content-addressed and nothing
 * else. It may run twice, on any thread, process or machine that sees the same files.
 */
export interface Task<Input, Result> {
  /** Unique, and stored with every job. */
  readonly name: string;
  readonly run: (input: Input, context: TaskContext) => Promise<Result>;
}

export function defineTask<Input, Result>(task: Task<Input, Result>): Task<Input, Result> {
  return task;
}

/** What tells a worker which task to run; with the answer, the only shape that crosses. */
export interface TaskCall {
  readonly task: string;
  readonly input: unknown;
}

/** A task that throws answers with the error: a call that is rejected instead means that its worker died. */
export type TaskAnswer = { readonly result: unknown } | { readonly error: { readonly message: string; readonly code: string | null } };
