import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { CommandResult, SandboxUsage } from '../../sandbox/driver.ts';

/** What is known of the memory of a sandbox when a command in it has failed. */
export interface MemoryState {
  readonly usage: SandboxUsage;
  /** The bound of the whole sandbox; undefined: none. */
  readonly limitBytes: number | undefined;
  /** Kills for want of memory on this host since the stage began; undefined: it does not count them. */
  readonly hostKills: number | undefined;
}

/**
 * Whether a command failed for want of memory, in words with the figures; undefined: nothing says so. Where the kernel
 * counts the kills of the sandbox, that is certain; an earlier stage may have met one too, and gone on with a wrong answer of
 * configure, say. Else a kill anywhere on the host counts where the log, or the command's own end, speaks of one.
 */
export function findShortage(
  result: CommandResult,
  logTail: string,
  { usage, limitBytes, hostKills }: MemoryState,
): string | undefined {
  const { memoryKills, memoryPeakBytes } = usage;
  const held =
    memoryPeakBytes === undefined ? '' : `; its processes held up to ${inMiB(memoryPeakBytes)} MiB`;
  const bound =
    limitBytes === undefined ? '' : `, of which limits.memory_total gives it ${inMiB(limitBytes)} MiB`;
  if (memoryKills !== undefined) {
    if (memoryKills === 0) return undefined;
    const whom = memoryKills === 1 ? 'a process' : `${memoryKills} processes`;
    return `the kernel killed ${whom} of the sandbox for want of memory${bound}${held}`;
  }
  if (hostKills === undefined || hostKills === 0 || !wasKilled(result, logTail)) return undefined;
  return `a process was killed while the memory of the host was used up${held}`;
}

/** Kills for want of memory on this host since it started; undefined where it does not count them (before Linux 4.13). */
export function countHostKills(vmstat = '/proc/vmstat'): number | undefined {
  try {
    const [, count] = /^oom_kill (\d+)$/m.exec(readFileSync(vmstat, 'utf8')) ?? [];
    return count === undefined ? undefined : Number(count);
  } catch {
    return undefined;
  }
}

function wasKilled(result: CommandResult, logTail: string): boolean {
  if (result.kind === 'signalled' && result.signal === 'SIGKILL') return true;
  return (result.kind === 'exited' && result.code === KILLED) || SAYS_KILLED.test(logTail);
}

const KILLED = 128 + constants.signals.SIGKILL;
const SAYS_KILLED = new RegExp(
  `\\bKilled\\b|\\bsignal 9\\b|\\bError (?:code )?${KILLED}\\b|\\bSIGKILL\\b`,
  'i',
);

const inMiB = (bytes: number): number => Math.round(bytes / 2 ** 20);
