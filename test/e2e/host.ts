import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { noSandboxes } from '../sandbox/support/host.ts';

const hasMake =
  ['/usr/bin/bmake', '/bin/bmake'].some((path) => existsSync(path)) && existsSync('/usr/bin/cc');

/** Why whole builds in real chroots cannot be tested here; undefined where they can. */
export const noBuilds: string | undefined = hasMake ? noSandboxes : 'no bmake or no C compiler';

/** For the title of a suite: says loudly what is skipped, and why. */
export const titleOf = (title: string): string =>
  noBuilds === undefined ? title : `${title} (SKIPPED: needs real chroots and a compiler: ${noBuilds})`;

/** What of a place is still on this host beyond its plain files: mounts, processes, sandboxes. One line each. */
export const listLeftovers = (dir: string): string[] => {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(dir))
    .map((line) => `mount ${line}`);
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => (describeProcess(pid).includes(dir) ? [`process ${pid} ${describeProcess(pid)}`] : []));
  const slots = join(dir, 'state/slots');
  const directories = existsSync(slots) ? readdirSync(slots).map((name) => `directory ${name}`) : [];
  return [...mounts, ...processes, ...directories];
};

/** Command line and current directory; empty when it is gone. */
const describeProcess = (pid: string): string => {
  try {
    return `${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}${readlinkSync(`/proc/${pid}/cwd`)}`;
  } catch {
    return '';
  }
};
