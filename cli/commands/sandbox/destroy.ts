import type { Command } from 'commander';
import { destroyRoom } from '../../../agent/sandboxes/destroy.ts';
import type { Room } from '../../../agent/sandboxes/room.ts';
import type { Config } from '../../../src/config/config.ts';
import { BulkmeshError } from '../../../src/errors.ts';
import { exitCodes, explainFailure } from '../../failure.ts';
import { makeCommand, openConfig } from '../../options.ts';
import { writeErrorLines, writeLines } from '../../output.ts';
import { escapeLine } from '../../ui/escape.ts';
import { openRooms, pickRoom, type Rooms } from './rooms.ts';

/** `bulkmesh sandbox destroy`. */
export function makeDestroyCommand(): Command {
  return makeCommand(
    'destroy',
    'take a sandbox away',
    'bulkmesh sandbox destroy dev-1\nbulkmesh sandbox destroy zlib-1.3.1\nbulkmesh sandbox destroy --all',
  )
    .description(
      'Takes away a sandbox that you made or that was kept of a package that failed, with all that runs in it. A slot of ' +
        'the agent, which must not be building, is made anew.',
    )
    .argument('[name]', 'as "bulkmesh sandbox list" shows it')
    .option('--all', 'every sandbox that people made or that was kept; none of the agent')
    .action(async (name: string | undefined, options: { readonly all?: boolean }, command: Command) => {
      const config = await openConfig(command);
      const isAll = options.all === true;
      if (isAll === (name !== undefined)) {
        throw new BulkmeshError('SANDBOX_UNNAMED', 'destroy takes either a name or --all', {
          hint: 'see the names with: bulkmesh sandbox list',
        });
      }
      const found = await openRooms(config);
      if (name !== undefined) await destroyOne(config, found, pickRoom(found, name));
      else await destroyAll(config, found);
    });
}

async function destroyOne(config: Config, { client }: Rooms, room: Room): Promise<void> {
  if (room.kind === 'slot') {
    await client?.destroySandbox(room.slot);
    writeLines([`${escapeLine(room.slot)} is being cleaned away and made anew.`]);
    return;
  }
  await destroyRoom(config, room);
  writeLines([`${escapeLine(room.slot)} is gone.`]);
}

/** One that will not go does not keep the others. */
async function destroyAll(config: Config, found: Rooms): Promise<void> {
  const rooms = found.rooms.filter(({ kind }) => kind !== 'slot');
  if (rooms.length === 0) writeLines(['There is none that people made or that was kept.']);
  for (const room of rooms) {
    try {
      await destroyOne(config, found, room);
    } catch (error) {
      writeErrorLines(explainFailure(error, false).lines);
      process.exitCode = exitCodes.trouble;
    }
  }
}
