import { closeSync, openSync } from 'node:fs';
import { SandboxError } from '../error.ts';
import { toolPath } from '../process.ts';
import type { Account } from './account.ts';
import { guardedNsenter } from './script.ts';
import { hasOwnUsers } from './users.ts';

/** The options of nsenter(1). It gives rights up last: it joins the user namespace after all the others. */
const options = {
  mnt: '--mount',
  pid: '--pid',
  ipc: '--ipc',
  uts: '--uts',
  net: '--net',
  user: '--user',
} as const;
type Kind = keyof typeof options;
const kinds: readonly Kind[] = ['mnt', 'pid', 'ipc', 'uts', 'net', 'user'];

/** The first descriptor that a shell passes on the way in of an agent without root; they go up to 9. */
const firstHandle = 4;

/** Handles that lead into the namespaces of one sandbox. */
export interface Entry {
  /** The arguments that enter the sandbox, up to where a program would follow. */
  readonly argv: (options: { readonly network: boolean }) => readonly string[];
  /**
   * What must come before the program once inside: without root, the handles are open there too. They are of the
   * sandbox's own namespaces, and give no right that /proc/self/ns does not.
   */
  readonly tidy: readonly string[];
  readonly close: () => void;
}

/**
 * Opens the handles of the sandbox with this init; `outer` is a process in the user namespace that owns the others,
 * where the agent is not root. Open once: a number in /proc may be reused, these cannot. Throws SANDBOX_PREPARE.
 */
export function openEntry(init: number, outer: number, account: Account): Entry {
  const fds: number[] = [];
  const open = (path: string): number => {
    const fd = openSync(path, 'r');
    fds.push(fd);
    return fd;
  };
  const close = () => {
    for (const fd of fds.splice(0)) closeSync(fd);
  };
  try {
    if (account.kind !== 'root') {
      const users = open(`/proc/${outer}/ns/user`);
      const spaces = new Map(kinds.map((kind) => [kind, open(`/proc/${init}/ns/${kind}`)]));
      const passed = spaces.size + firstHandle;
      const closing = Array.from({ length: passed - firstHandle }, (_, at) => `${at + firstHandle}<&-`);
      const tidy = ['/bin/sh', '-c', `exec ${closing.join(' ')}; exec "$@"`, 'sh'];
      return { argv: ({ network }) => passOuter(users, spaces, account, network), tidy, close };
    }
    const own = kinds.filter((kind) => kind !== 'user' || hasOwnUsers(init));
    const spaces = new Map(own.map((kind) => [kind, open(`/proc/${init}/ns/${kind}`)]));
    // The host's nsenter through a read-only mount: on its way in it can be seen inside, and its /proc/PID/exe must
    // not be a way to write to the host's program. Opened before anything inside could put another in its place.
    const nsenter = open(`/proc/${init}/root${guardedNsenter}`);
    return { argv: ({ network }) => passAsRoot(nsenter, spaces, network), tidy: [], close };
  } catch (error) {
    close();
    throw new SandboxError('SANDBOX_PREPARE', `cannot reach the namespaces of process ${init}`, {
      cause: error,
    });
  }
}

function passAsRoot(nsenter: number, spaces: ReadonlyMap<Kind, number>, network: boolean): readonly string[] {
  const wanted = [...spaces].filter(([kind]) => !(network && kind === 'net'));
  return [handlePath(nsenter), ...wanted.map(([kind, fd]) => `${options[kind]}=${handlePath(fd)}`), '--'];
}

/**
 * In two steps: the first nsenter takes the rights of the user namespace that owns the others, the second joins
 * them and gives those rights up. From there the agent's /proc is closed: a shell opens the handles before.
 */
function passOuter(
  users: number,
  spaces: ReadonlyMap<Kind, number>,
  account: Account,
  network: boolean,
): readonly string[] {
  const wanted = [...spaces].filter(([kind]) => !(network && kind === 'net'));
  const redirections = wanted.map((_, at) => `${at + firstHandle}<"$${at + 1}"`);
  const script = `exec ${redirections.join(' ')}; shift ${wanted.length}; exec "$@"`;
  // Without further ids nobody may change groups, which nsenter does unless told.
  const keep = account.kind === 'alone' ? ['--preserve-credentials'] : [];
  return [
    ...['/bin/sh', '-c', script, 'sh', ...wanted.map(([, fd]) => handlePath(fd))],
    ...[toolPath('nsenter'), `--user=${handlePath(users)}`, '--preserve-credentials', '--'],
    ...[toolPath('nsenter'), ...keep],
    ...wanted.map(([kind], at) => `${options[kind]}=/proc/self/fd/${at + firstHandle}`),
    '--',
  ];
}

function handlePath(fd: number): string {
  return `/proc/${process.pid}/fd/${fd}`;
}
