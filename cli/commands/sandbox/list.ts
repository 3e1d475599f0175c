import type { Command } from 'commander';
import type { Room } from '../../../agent/sandboxes/room.ts';
import { makeCommand, openConfig } from '../../options.ts';
import { findLook, writeLines } from '../../output.ts';
import { formatBytes, formatDuration } from '../../ui/format.ts';
import { type Column, renderTable } from '../../ui/table.ts';
import { openRooms } from './rooms.ts';

/** `bulkmesh sandbox list`. */
export function makeListCommand(): Command {
  return makeCommand('list', 'list the sandboxes, their state and where they lie', 'bulkmesh sandbox list')
    .description(
      'Lists the slots of the agent, the sandboxes that people made (dev-...), and those kept of packages that failed, ' +
        'under the names that "enter" and "destroy" take. Needs no agent.',
    )
    .option('--json', 'the same as a JSON array')
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      const { rooms } = await openRooms(await openConfig(command));
      writeLines(options.json === true ? [JSON.stringify(rooms, null, 2)] : renderRooms(rooms, Date.now()));
    });
}

function renderRooms(rooms: readonly Room[], nowMs: number): string[] {
  if (rooms.length === 0) {
    return ['No sandboxes: builds make them, and so does "bulkmesh sandbox create".'];
  }
  const columns: readonly Column<Room>[] = [
    { title: 'NAME', cell: ({ slot }) => slot },
    { title: 'STATE', cell: ({ state }) => state },
    { title: 'PACKAGE', cell: ({ pkg }) => pkg ?? '-' },
    { title: 'AGE', cell: ({ sinceMs }) => (sinceMs === undefined ? '-' : formatDuration(nowMs - sinceMs)) },
    { title: 'SIZE', cell: ({ sizeBytes }) => (sizeBytes === undefined ? '-' : formatBytes(sizeBytes)) },
    {
      title: 'GOES IN',
      cell: ({ untilMs }) => (untilMs === undefined ? '-' : formatDuration(untilMs - nowMs)),
    },
    { title: 'PID', cell: ({ pid }) => String(pid ?? '-') },
    { title: 'DIRECTORY', cell: ({ dir }) => dir },
  ];
  return renderTable(columns, rooms, findLook(process.stdout, process.env));
}
