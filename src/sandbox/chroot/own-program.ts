import { launchCommand } from '../command.ts';
import type { CommandResult } from '../driver.ts';
import { killFamilies } from '../proc.ts';
import { toolEnv, toolPath } from '../process.ts';

const outputBytesMax = 64 * 1024;
/** To make or remove one chroot; the founding scripts take seconds, those that copy a whole system a minute. */
const limitMs = 600_000;

/** A program of the operator's on this host, as root, with a time limit; its output is captured. Never throws. */
export function runOwn(argv: readonly string[]): Promise<CommandResult> {
  return launchCommand({
    enter: [],
    become: [toolPath('env')],
    command: {
      argv,
      env: { ...toolEnv, PATH: process.env.PATH ?? toolEnv.PATH ?? '', HOME: '/' },
      cwd: '/',
      user: undefined,
      network: true,
      output: { kind: 'capture', maxBytes: outputBytesMax },
      signal: AbortSignal.timeout(limitMs),
    },
    onStart: () => undefined,
    kill: async (leader) => {
      await killFamilies(new Set([leader]));
    },
  });
}

/** What it said last, for an error: at most so many lines. */
export function lastWords(result: CommandResult, lines = 5): string {
  if (result.kind === 'trouble') return result.detail;
  if (result.kind !== 'exited') return '';
  const said = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
  return said.slice(-lines).join('; ');
}
