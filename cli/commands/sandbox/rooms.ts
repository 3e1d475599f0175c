import type { Command } from 'commander';
import type { ControlClient } from '../../../agent/control/client.ts';
import { findRoom } from '../../../agent/sandboxes/find.ts';
import { listRooms, type Room } from '../../../agent/sandboxes/room.ts';
import type { Config } from '../../../src/config/config.ts';
import { readConfigWords } from '../../options.ts';
import { findAgent } from '../../session.ts';
import { suggestName } from '../../suggest.ts';

/** The sandboxes of this host, and the agent that told of its own; undefined where none runs. */
export interface Rooms {
  readonly rooms: readonly Room[];
  readonly client: ControlClient | undefined;
}

/** Looks for all of them, with an agent or without. */
export async function openRooms(config: Config): Promise<Rooms> {
  const client = await findAgent(config);
  return { client, rooms: listRooms(config, (await client?.sandboxes()) ?? []) };
}

/** The one that a person named. Throws SANDBOX_UNKNOWN with the names there are. */
export function pickRoom({ rooms }: Rooms, name: string): Room {
  return findRoom(rooms, name, (names) => suggestName(name, names));
}

/** The words that name the same configuration to another process of this program, wherever it starts. */
export function nameConfig(command: Command, { file }: Config): readonly string[] {
  const [option, value] = readConfigWords(command);
  return option === '--pbulk-conf' && value !== undefined ? [option, value] : ['-c', file];
}
