import type { ParseArgsOptionDescriptor } from 'node:util';
import * as z from 'zod';
import type { EngineLink } from '../host/engine-link.ts';
import type { Interrupt } from './interrupt.ts';
import type { Output } from './output.ts';

/** 0 success · 1 failed · 2 wrong usage · 3 finished, but some items failed · 128 + signal when interrupted. */
export type ExitStatus = number;

/** What a command is given. Everything that touches the outside comes through here. */
export interface CommandContext {
  readonly output: Output;
  readonly interrupt: Interrupt;
  /** Connects to the workspace's engine, at most once. `work: false` for commands that only read. */
  readonly connect: (mode: { readonly work: boolean }) => Promise<EngineLink>;
  /** Absolute, against the folder the user stands in. Throws `blocked-scheme` for an address, `http://…`. */
  readonly resolvePath: (path: string) => string;
  /** Since the process began, so that starting up is part of what is reported. */
  readonly elapsedSeconds: () => number;
  readonly version: string;
  readonly rendererFolder: string;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface CommandOption extends ParseArgsOptionDescriptor {
  /** Shown after the name in the help: `N`, `DIR`. */
  readonly value?: string;
  readonly help: string;
}

export interface Command {
  readonly name: string;
  readonly usage: readonly string[];
  readonly summary: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  /** Not listed in the help. */
  readonly isHidden?: boolean;
  /** Checks the parsed arguments, throws a UsageError, and answers with what is left to do. */
  readonly prepare: (positionals: readonly string[], values: unknown) => (context: CommandContext) => Promise<ExitStatus>;
}

interface CommandDefinition<Arguments extends readonly string[], Options> extends Omit<Command, 'prepare'> {
  readonly arguments: z.ZodType<Arguments>;
  readonly values: z.ZodType<Options>;
  readonly run: (context: CommandContext, positionals: Arguments, values: Options) => Promise<ExitStatus>;
}

/** The caller's mistake: one plain sentence and exit status 2. */
export class UsageError extends Error {}

/** A command whose arguments are checked by schemas; their messages are what the user reads. */
export function defineCommand<Arguments extends readonly string[], Options>(definition: CommandDefinition<Arguments, Options>): Command {
  const { arguments: argumentSchema, values: valueSchema, run, ...rest } = definition;
  return {
    ...rest,
    prepare(positionals, values) {
      const checkedArguments = check(argumentSchema, positionals, () => `the arguments do not fit; this is how to use it: proofsheet ${rest.usage.join(', or proofsheet ')}`);
      const checkedValues = check(valueSchema, values, (path, message) => `--${path} ${message}`);
      return async (context) => await run(context, checkedArguments, checkedValues);
    },
  };
}

/** A number in an option, e.g. `--limit`. */
export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  const range = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${String(minimum)}` : `from ${String(minimum)} to ${String(maximum)}`;
  const isInRange = (text: string): boolean => /^\d+$/.test(text) && Number(text) >= minimum && Number(text) <= maximum;
  return z.string().refine(isInRange, `must be a whole number ${range}`).transform(Number);
}

export const noArguments = z.tuple([]);

function check<Value>(schema: z.ZodType<Value>, input: unknown, describe: (path: string, message: string) => string): Value {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(describe(issue?.path.join('.') ?? '', issue?.message ?? 'is not valid'));
}
