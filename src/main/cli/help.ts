import type { Command, CommandOption } from './command.ts';
import { formatTable } from './format.ts';

type Options = Readonly<Record<string, CommandOption>>;

export function generalHelp(commands: readonly Command[], common: Options): string {
  const rows = commands.filter(({ isHidden }) => isHidden !== true).map(({ name, summary }) => [`  ${name}`, summary]);
  return [
    'Proofsheet: local image catalogs. Your originals are never changed.', '',
    'usage: proofsheet <command> [options]', '', lines(rows), '',
    'Options of every command:', optionLines(common), '',
    'proofsheet <command> --help tells more about one. proofsheet --version tells the version.',
  ].join('\n');
}

export function commandHelp(command: Command, common: Options): string {
  return [
    `usage: proofsheet ${command.usage.join('\n       proofsheet ')}`, '', command.summary, '', optionLines({ ...command.options, ...common }),
  ].join('\n');
}

function optionLines(options: Options): string {
  return lines(Object.entries(options).map(([name, { value, help }]) => [`  --${name}${value === undefined ? '' : ` ${value}`}`, help]));
}

function lines(rows: readonly (readonly string[])[]): string {
  return formatTable([{ title: '' }, { title: '' }], rows).split('\n').slice(1).join('\n');
}
