import type { Command } from '../driver.ts';
import { becomeWords } from '../linux/become.ts';
import type { ChrootSystem } from './system.ts';
import { fillTemplate } from './system.ts';

/** What leads into a chroot, and what comes before the program inside so that it runs as its user. */
export interface Entrance {
  readonly enter: readonly string[];
  readonly become: readonly string[];
}

/** su(8) wants a shell's text: this one is always the same, and the program comes as its arguments. */
const suScript = 'exec "$0" "$@"';

/** The words before a command, and the arguments of the shell that starts it in between. */
export function findEntrance(root: string, system: ChrootSystem, command: Command): Entrance {
  const { user, env } = command;
  const { asRoot, asUser, become } = system.chroot;
  const data = {
    dir: root,
    uid: String(user?.uid ?? 0),
    gid: String(user?.gid ?? 0),
    name: user?.name ?? 'root',
  };
  const enter = fillTemplate(user === undefined || asUser === undefined ? asRoot : asUser, data);
  // Never empty: it keeps built-ins of the shell out of the way.
  const nothing = ['/usr/bin/env'];
  switch (become) {
    case 'setpriv':
      return { enter, become: becomeWords(user, 'root') };
    case 'nothing':
      return { enter, become: nothing };
    case 'su': {
      if (user === undefined) return { enter, become: nothing };
      // It sets some variables itself.
      const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
      return { enter, become: ['/usr/bin/su', user.name, '-c', suScript, '/usr/bin/env', ...variables] };
    }
  }
}
