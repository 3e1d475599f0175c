import type { Command } from 'commander';
import { makeCommand } from '../options.ts';
import { giveOrder, hostHelp, type OrderOptions, orderJsonHelp } from '../orders.ts';

/** `bulkmesh drain [HOST]`: a host that starts nothing more. */
export function makeDrainCommand(): Command {
  return makeCommand(
    'drain',
    'have a host start nothing more; what runs there ends',
    'bulkmesh drain            this host\nbulkmesh drain build3     another one',
  )
    .description(
      'The host gives back what it has not begun, takes no work, and stays in the mesh: its files can be had, and it may ' +
        'coordinate. "bulkmesh hosts" shows when nothing runs there any more; until "bulkmesh undrain" it stays so, also when ' +
        'its agent is started anew.',
    )
    .argument('[host]', hostHelp)
    .option('--json', orderJsonHelp)
    .action(async (host: string | undefined, options: OrderOptions, command: Command) => {
      await giveOrder(command, options, host, { kind: 'drain' });
    });
}
