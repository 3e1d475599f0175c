import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describeError, runHere } from './commands.ts';
import { openHolder } from './holder.ts';

const programs = ['unshare', 'nsenter', 'ip', 'mount', 'cc', 'truncate', 'fallocate', 'mkfs.ext4'];

/** Why hosts in namespaces cannot be made here, as half a sentence; undefined where they can. */
export const findHostObstacle = async (): Promise<string | undefined> => {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  const missing = programs.filter((program) => !isThere(program));
  if (missing.length > 0) return `no ${missing.join(', ')}`;
  try {
    const holder = await openHolder({
      namespaces: ['--net', '--mount', '--uts', '--ipc', '--pid', '--mount-proc'],
      setup: 'ip link add br0 type bridge\nip link add v1 type veth peer name v2',
      args: [],
      groups: [],
    });
    await runHere(['nsenter', '--target', `${holder.pid}`, '--net', '--mount', '--pid', '--', 'true']);
    await holder.kill();
    return undefined;
  } catch (error) {
    return describeError(error);
  }
};

const isThere = (program: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
