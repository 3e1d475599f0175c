import type { ProcessLimits } from './driver.ts';
import { toolPath } from './process.ts';

/** Between the two limits of CPU time, SIGXCPU and SIGKILL: a program may say what it was at. */
const graceSeconds = 10;

/**
 * Shell text that sets the limits given as the six words of `limitWords`, then drops these. A limit that cannot be
 * set is one where a lower one holds. dash has no -u but -p, others the reverse; OpenBSD has no -v.
 */
export const limitScript = `
ulimit -c 0
if [ "$1" != - ]; then ulimit -S -t "$1"; ulimit -H -t "$2"; fi 2>/dev/null
if [ "$3" != - ]; then ulimit -n "$3"; fi 2>/dev/null
if [ "$4" != - ]; then ulimit -u "$4" || ulimit -p "$4"; fi 2>/dev/null
if [ "$5" != - ]; then ulimit -v "$5" || ulimit -d "$5"; fi 2>/dev/null
if [ "$6" != - ]; then ulimit -f "$6"; fi 2>/dev/null
shift 6
`;

/** The arguments of `limitScript`: `-` for what is not limited. */
export function limitWords(limits: ProcessLimits | undefined): readonly string[] {
  const { cpuSeconds, files, processes, memoryMiB, fileSizeMiB } = limits ?? {};
  return [
    cpuSeconds,
    cpuSeconds === undefined ? undefined : cpuSeconds + graceSeconds,
    files,
    processes,
    // ulimit counts memory in KiB and files in blocks of 512 bytes.
    memoryMiB === undefined ? undefined : memoryMiB * 1024,
    fileSizeMiB === undefined ? undefined : fileSizeMiB * 2048,
  ].map((value) => (value === undefined ? '-' : String(value)));
}

/** What must come before a program that stands back for others; empty where it does not. */
export const niceWords = (limits: ProcessLimits | undefined): readonly string[] =>
  limits?.nice === undefined ? [] : [toolPath('nice'), '-n', String(limits.nice)];
