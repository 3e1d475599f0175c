import { readFileSync } from 'node:fs';

/** More than that has no host that a person works on. */
export const socketsMax = 2000;

/**
 * Where sockets of this host's programs lie in its file system, each once, but for those below /run; at most
 * `socketsMax` and one. A mount that is read-only keeps nobody from them, and some take orders from whoever gets there:
 * tmux, ssh-agent, X. `table` is proc_net(5)'s list; empty where there is none.
 */
export function listSockets(table = '/proc/net/unix'): readonly string[] {
  const paths = new Set<string>();
  for (const line of readQuietly(table).split('\n')) {
    const path = /^\S+: \S+ \S+ \S+ \S+ \S+ +\d+ (\/.*)$/.exec(line)?.[1];
    if (path !== undefined && !path.startsWith('/run/')) paths.add(path);
    if (paths.size > socketsMax) break;
  }
  return [...paths];
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
