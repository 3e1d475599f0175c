import { constants } from 'node:os';
import type { GroupLimits, ProcessLimits, SandboxUsage } from '../../sandbox/driver.ts';

/**
 * Which of the limits a process ran into, as the end of a log tells it: `the limit of 3600 s CPU time`. Undefined when
 * the log speaks of none. The kernel sends a signal for these two; the others are errors like any other of a program.
 */
export function findLimit(logTail: string, { cpuSeconds, fileSizeMiB }: ProcessLimits): string | undefined {
  if (cpuSeconds !== undefined && CPU_TIME.test(logTail)) return `the limit of ${cpuSeconds} s CPU time`;
  if (fileSizeMiB !== undefined && FILE_SIZE.test(logTail))
    return `the limit of ${fileSizeMiB} MiB for a file`;
  return undefined;
}

/** The words of shells and of every C library, the words of make, and the exit code that a shell makes of the signal. */
const wordsOf = (words: string, signal: number): RegExp =>
  new RegExp(
    `${words}|\\bSignal ${signal}\\b|Error code ${128 + signal}\\b|\\bError ${128 + signal}\\b`,
    'i',
  );
const CPU_TIME = wordsOf('cpu ?time limit exceeded|SIGXCPU', constants.signals.SIGXCPU);
const FILE_SIZE = wordsOf('file ?size limit exceeded|SIGXFSZ|File too large', constants.signals.SIGXFSZ);

/** That processes of the sandbox were refused another one, which programs tell in many words; undefined: none was. */
export function findRefusal(
  { processRefusals = 0 }: SandboxUsage,
  { processes }: GroupLimits,
): string | undefined {
  if (processRefusals === 0 || processes === undefined) return undefined;
  return `it ran into the limit of ${processes} processes (limits.processes_total)`;
}
