import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { connectEngine, type EngineLink } from '../host/engine-link.ts';
import type { EngineLaunch } from '../host/engine-process.ts';
import { describeError, hostError, systemReason } from '../host/host-error.ts';
import { locateWorkspace } from '../host/workspace-location.ts';
import { UsageError, type Command, type CommandContext, type CommandOption, type ExitStatus } from './command.ts';
import { commandHelp, generalHelp } from './help.ts';
import type { Interrupt } from './interrupt.ts';
import { printable } from './format.ts';
import { createOutput, type Output, type Streams } from './output.ts';

export interface ProgramOptions {
  readonly commands: readonly Command[];
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  readonly version: string;
  readonly launch: EngineLaunch;
  readonly rendererFolder: string;
  readonly streams: Streams;
  readonly interrupt: Interrupt;
  readonly elapsedSeconds: () => number;
}

const COMMON_OPTIONS = {
  workspace: { type: 'string', value: 'DIR', help: 'the workspace (catalog) to use, created on first use' },
  json: { type: 'boolean', help: 'machine-readable output on stdout' },
  debug: { type: 'boolean', help: 'the engine’s messages and stack traces on stderr' },
  help: { type: 'boolean', short: 'h', help: 'this text' },
} as const satisfies Readonly<Record<string, CommandOption>>;

/** Runs one command and answers with the exit status. Nothing it starts is left behind. */
export async function runProgram(options: ProgramOptions): Promise<ExitStatus> {
  const output = createOutput(options.streams, options.argv.includes('--json'));
  const flush = async (): Promise<void> => { await Promise.race([output.flush(), options.interrupt.insisted]); };
  const status = await conclude(options, output);
  await flush();
  const lost = output.lost();
  if (lost === undefined) return status;
  output.note(`The output could not be written: ${systemReason(lost)}.`);
  await flush();
  return 1;
}

/** Runs the command and tells its failure. */
async function conclude(options: ProgramOptions, output: Output): Promise<ExitStatus> {
  const isDebug = options.argv.includes('--debug');
  try {
    const status = await dispatch(options, output);
    if (options.interrupt.signal.aborted && output.isJson && !output.hasPrinted()) await output.json({ error: { code: 'cancelled', message: 'interrupted' } });
    return status;
  } catch (error) {
    if (output.closed.aborted) return 0;
    const failure = error instanceof UsageError ? { code: 'bad-input', message: error.message } : describeError(error);
    if (output.isJson) await output.json({ error: failure }).catch(() => undefined);
    else output.note(isDebug && error instanceof Error ? (error.stack ?? error.message) : asSentence(printable(failure.message)));
    return error instanceof UsageError ? 2 : 1;
  }
}

async function dispatch(options: ProgramOptions, output: Output): Promise<ExitStatus> {
  const [name, ...rest] = options.argv;
  if (name === '--version') return await say(output, options.version);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    await output.text(generalHelp(options.commands, COMMON_OPTIONS));
    return name === undefined ? 2 : 0;
  }
  const command = options.commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    throw new UsageError(`there is no command “${name}”; the commands are ${options.commands.filter(({ isHidden }) => isHidden !== true).map((known) => known.name).join(', ')}`);
  }
  const { values, positionals } = parse(command, rest);
  if (values['help'] === true) return await say(output, commandHelp(command, COMMON_OPTIONS));
  const { workspace, json: _json, debug, help: _help, ...own } = values;
  // An unset variable of a script, `--workspace "$WS"`, must not make the current folder a workspace.
  if (workspace === '') throw new UsageError('--workspace needs a value');
  const run = command.prepare(positionals, own);
  return await withEngine(options, output, { workspace, debug: debug === true }, run);
}

async function say(output: Output, text: string): Promise<ExitStatus> {
  await output.text(text);
  return 0;
}

function parse(command: Command, args: readonly string[]): { readonly values: Record<string, unknown>; readonly positionals: readonly string[] } {
  try {
    return parseArgs({ args: joinNegativeNumbers(args), options: { ...command.options, ...COMMON_OPTIONS }, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(optionProblem(error, command.name));
  }
}

/** `--limit -1` is a number that is too small, not an option named 1. */
function joinNegativeNumbers(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    const isNumber = (text: string | undefined): boolean => /^-\d+$/.test(text ?? '');
    const isOption = (text: string | undefined): boolean => /^--[^=]+$/.test(text ?? '');
    if (isNumber(arg) && isOption(args[index - 1])) return [];
    return isOption(arg) && isNumber(args[index + 1]) ? [`${arg}=${args[index + 1] ?? ''}`] : [arg];
  });
}

function optionProblem(error: unknown, command: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, option = ''] = /'(?:-\w, )?(--?[^ '=]+)/.exec(message) ?? [];
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `“${command}” has no option ${option}; “proofsheet ${command} --help” lists what it has`;
  return message.includes('does not take') ? `${option} takes no value` : `${option} needs a value`;
}

/** Gives the command its surroundings, and ends the engine it started whichever way the command ends. */
async function withEngine(
  options: ProgramOptions, output: Output, common: { readonly workspace: unknown; readonly debug: boolean },
  run: (context: CommandContext) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  const { env, platform, cwd, launch, interrupt } = options;
  const workspace = locateWorkspace({ option: typeof common.workspace === 'string' ? common.workspace : undefined, env, platform, cwd });
  let connecting: Promise<EngineLink> | undefined;
  const context: CommandContext = {
    ...options,
    output,
    resolvePath: (path) => resolve(cwd, refuseAddress(path)),
    connect: async ({ work }) => await (connecting ??= connectEngine({ workspace, launch, work, debug: common.debug, signal: interrupt.signal })),
  };
  const leave = async (mode: 'drain' | 'now'): Promise<void> => {
    // A connection that failed has nothing to be stopped, and the command has told why.
    const link = await connecting?.catch(() => undefined);
    await link?.stop(mode);
  };
  void interrupt.requested.then(() => { output.note('Finishing what is in work. Press Ctrl-C again to stop at once.'); });
  const insisted = interrupt.insisted.then(async () => {
    await leave('now');
    return interrupt.status();
  });
  try {
    // Whatever the command is waiting for, the second Ctrl-C is not kept waiting.
    return await Promise.race([run(context), insisted]);
  } catch (error) {
    // What broke off because the user wanted it to is no failure.
    if (interrupt.signal.aborted) return interrupt.status();
    throw error;
  } finally {
    await Promise.race([leave('drain'), insisted]);
  }
}

function refuseAddress(path: string): string {
  if (/^(?!file:)[a-z][a-z0-9+.-]+:\/\//i.test(path)) throw hostError('blocked-scheme', `addresses cannot be fetched by this version yet: ${path}`);
  return path;
}

function asSentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?…\n]$/.test(text) ? text : `${text}.`;
}
