import { BulkmeshError } from '../src/errors.ts';
import { enterArgv } from '../src/sandbox/enter.ts';
import type { Room } from './sandboxes/room.ts';

/**
 * The arguments that run a program as root inside a sandbox of this host, beside the build that may run
 * there. Throws `SANDBOX_NOT_ENTERABLE` for one that has no inside: it is not up, or its driver isolates
 * nothing.
 */
export function describeEntry(
  info: Pick<Room, 'slot' | 'state' | 'pid'>,
  argv: readonly string[],
): readonly string[] {
  if (info.pid !== undefined) return enterArgv(info.pid, argv);
  throw new BulkmeshError(
    'SANDBOX_NOT_ENTERABLE',
    `sandbox ${info.slot} has no inside to enter (${info.state})`,
    {
      hint: 'wait until it is ready; the driver "none" isolates nothing, and its directory can be entered with cd',
    },
  );
}
