import { BulkmeshError } from '../src/errors.ts';
import type { UserId } from '../src/sandbox/driver.ts';
import { enterArgv } from '../src/sandbox/enter.ts';
import { readHeld } from '../src/sandbox/hold/record.ts';
import { becomeWords } from '../src/sandbox/linux/become.ts';
import type { Room } from './sandboxes/room.ts';

/**
 * What people get who name no program: a shell at a terminal of the inside, where there is script(1) to make one. The
 * host's own is not the inside's to use: a shell cannot give it to its jobs and back, and no package writes to it there.
 */
export const visitorShell: readonly string[] = [
  ...['/bin/sh', '-c'],
  'export SHELL=/bin/sh; { [ -t 0 ] && [ -x /usr/bin/script ]; } || exec /bin/sh; exec script -q -e -c "exec /bin/sh" /dev/null',
];

/** A program to be run inside a sandbox by a person. */
export interface Visit {
  readonly argv: readonly string[];
  /** Undefined: root. */
  readonly user: UserId | undefined;
  /** Directories inside, as a shell's pattern each: it starts in the first that is there, else in the root. */
  readonly places: readonly string[];
}

const goScript = 'for d in $1; do [ -d "$d" ] && cd "$d" && break; done; shift; exec "$@"';

/**
 * The arguments that run a program inside a sandbox of this host, beside the build that may run there. Throws
 * `SANDBOX_NOT_ENTERABLE` for one that has no inside: it is not up, or its driver isolates nothing.
 */
export const describeEntry = (
  room: Pick<Room, 'slot' | 'state' | 'pid'>,
  { argv, user, places }: Visit,
): readonly string[] => {
  if (room.pid === undefined) {
    throw new BulkmeshError(
      'SANDBOX_NOT_ENTERABLE',
      `sandbox ${room.slot} has no inside to enter (${room.state})`,
      {
        hint: 'wait until it is ready; the driver "none" isolates nothing, and its directory can be entered with cd',
      },
    );
  }
  const become = user === undefined ? [] : becomeWords(user, process.getuid?.() === 0 ? 'root' : 'own');
  const go = places.length === 0 ? [] : ['/bin/sh', '-c', goScript, 'sh', places.join(' ')];
  return enterArgv(room.pid, [...become, ...go, ...argv]);
};

/** The account that packages are built as in a held sandbox; undefined where its holder is not ready. */
export const findHeldUser = (stateDir: string, slot: string): UserId | undefined =>
  readHeld(stateDir, slot)?.record?.user;
