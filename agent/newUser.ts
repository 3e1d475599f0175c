import { existsSync } from 'node:fs';
import { BulkmeshError } from '../src/errors.ts';
import { runTool } from '../src/sandbox/process.ts';

/** What the making of an account depends on. */
export interface AccountHost {
  readonly platform: NodeJS.Platform;
  /** True where the host has this program. */
  readonly has: (program: string) => boolean;
  /** A number that no account and no group has; asked for only where the system does not find one itself. */
  readonly freeId: () => Promise<number>;
}

const comment = 'builds packages';

/**
 * The commands that make an unprivileged account with a group of its own, without a password; undefined where none
 * is known. `name` is a checked account name.
 */
export const planAccount = async (
  name: string,
  host: AccountHost = thisHost,
): Promise<readonly (readonly string[])[] | undefined> => {
  switch (host.platform) {
    case 'linux':
      if (host.has('useradd')) return [['useradd', '-m', '-U', '-s', '/bin/sh', '-c', comment, name]];
      // BusyBox.
      if (host.has('adduser')) return [['adduser', '-D', '-s', '/bin/sh', '-g', comment, name]];
      return undefined;
    case 'netbsd':
    case 'openbsd':
      return [['useradd', '-m', '-g', '=uid', '-s', '/bin/sh', '-c', comment, name]];
    case 'freebsd':
      return [['pw', 'useradd', name, '-m', '-s', '/bin/sh', '-c', comment]];
    case 'sunos':
      return [
        ['groupadd', name],
        ['useradd', '-m', '-g', name, '-s', '/bin/sh', '-c', comment, name],
      ];
    case 'darwin':
      return planDarwin(name, String(await host.freeId()));
    default:
      return undefined;
  }
};

const planDarwin = (name: string, id: string): readonly (readonly string[])[] => {
  const group = `/Groups/${name}`;
  const user = `/Users/${name}`;
  const dscl = ['dscl', '.', '-create'];
  return [
    [...dscl, group, 'PrimaryGroupID', id],
    [...dscl, user, 'UniqueID', id],
    [...dscl, user, 'PrimaryGroupID', id],
    [...dscl, user, 'UserShell', '/bin/sh'],
    [...dscl, user, 'RealName', comment],
    [...dscl, user, 'NFSHomeDirectory', '/var/empty'],
    [...dscl, user, 'IsHidden', '1'],
  ];
};

/** Runs the commands of `planAccount`. Throws BUILD_USER_NOT_MADE at the first that fails. */
export const makeAccount = async (commands: readonly (readonly string[])[]): Promise<void> => {
  for (const argv of commands) {
    const done = await runTool(argv);
    if (done.ok) continue;
    throw new BulkmeshError('BUILD_USER_NOT_MADE', `${argv.join(' ')}: ${done.stderr}`, {
      hint: 'make the account by the means of this host, or name another one in pkgsrc.build_user',
    });
  }
};

const thisHost: AccountHost = {
  platform: process.platform,
  has: (program) => ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((dir) => existsSync(`${dir}/${program}`)),
  freeId: async () => {
    const lists = await Promise.all([
      runTool(['dscl', '.', '-list', '/Users', 'UniqueID']),
      runTool(['dscl', '.', '-list', '/Groups', 'PrimaryGroupID']),
    ]);
    const taken = new Set(
      lists.flatMap(({ stdout }) => [...stdout.matchAll(/(\d+)$/gm)].map(([, id]) => Number(id))),
    );
    let id = 600;
    while (taken.has(id)) id += 1;
    return id;
  },
};
