import { inspectProcesses } from '../../../sandbox/inspect.ts';

const PROCESSES_MAX = 48;

/** What the processes of a command are at, one line each with its wait and its stack: for setup.log, before they are killed. */
export async function describeProcesses(leader: number): Promise<readonly string[]> {
  const views = await inspectProcesses(leader, PROCESSES_MAX);
  if (views.length === 0) return ['no process of it was found'];
  return views.flatMap(({ pid, ppid, state, cpuMs, waitsIn, stack, command }) => [
    `pid ${pid} of ${ppid}, ${state}, ${(cpuMs / 1000).toFixed(1)} s CPU` +
      `${waitsIn === '' ? '' : `, waits in ${waitsIn}`}: ${command}`,
    ...(stack.length === 0 ? [] : [`  in ${stack.join(' < ')}`]),
  ]);
}
