import { spawn } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

export interface Usage {
  readonly wallSeconds: number;
  /** User and system time of the process and all its descendants. */
  readonly cpuSeconds: number;
  readonly stdout: string;
}

/** Runs a command and measures its whole process tree, as the shell's `times` counts it. */
export async function measure(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Usage> {
  const began = performance.now();
  // Status 3 is “finished, some items failed”, which a benchmark must not hide either: the caller checks the output.
  const child = spawn('bash', ['-c', '"$@"; status=$?; times >&3; exit $status', 'measure', ...command], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'], env: { ...process.env, ...env } });
  let stdout = '';
  let times = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
  child.stdio[3]?.on('data', (bytes: Buffer) => { times += bytes.toString(); });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`${command.join(' ')} ended with status ${String(status)}`);
  const seconds = [...(times.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, rest]) => Number(minutes) * 60 + Number(rest));
  return { wallSeconds: (performance.now() - began) / 1000, cpuSeconds: seconds.reduce((sum, value) => sum + value, 0), stdout };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

export function machine(): string {
  const [first] = cpus();
  return `${first?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`;
}

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
