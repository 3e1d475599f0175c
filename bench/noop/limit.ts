import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const forker = join(import.meta.dirname, 'forker.ts');

/** How many times a second so many processes of Node can start `true` and wait for it, so many at a time in all. */
export const measureForks = async (processes: number, atATime: number, times: number): Promise<number> => {
  const share = Math.max(1, Math.floor(times / processes));
  const args = [forker, String(Math.max(1, atATime / processes)), String(share)];
  const ends = await Promise.all(
    Array.from({ length: processes }, () => run(process.execPath, args, { encoding: 'utf8' })),
  );
  return (processes * share * 1_000) / Math.max(...ends.map(({ stdout }) => Number(stdout)));
};

/** The same by xargs, which is small and does nothing else: what the machine can do. */
export const measureXargs = async (atATime: number, times: number): Promise<number> => {
  const start = performance.now();
  const child = run('xargs', ['-n', '1', '-P', String(atATime), '/usr/bin/true']);
  child.child.stdin?.end('x\n'.repeat(times));
  await child;
  return (times * 1_000) / (performance.now() - start);
};
