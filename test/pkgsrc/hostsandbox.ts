import { slotName } from '../../src/core/ids.ts';
import { launchCommand } from '../../src/sandbox/command.ts';
import type { Command, CommandResult, Sandbox } from '../../src/sandbox/driver.ts';

/** No sandbox at all: runs every command on this host, as the caller. For programs that read and change little. */
export const hostSandbox: Sandbox = {
  slot: slotName('build-1'),
  run: (command: Command): Promise<CommandResult> =>
    launchCommand({
      enter: [],
      become: ['/usr/bin/env'],
      command,
      onStart: () => undefined,
      kill: async () => undefined,
    }),
  fit: async () => undefined,
  usage: async () => ({ memoryPeakBytes: undefined, memoryKills: undefined }),
  killAll: async () => undefined,
  diskUsage: async () => 0,
  destroy: async () => undefined,
};
