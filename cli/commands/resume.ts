import type { Command } from 'commander';
import { makeCommand } from '../options.ts';
import { giveOrder, type OrderOptions, orderJsonHelp } from '../orders.ts';

/** `bulkmesh resume [BUILD]`: a stopped build that is to go on. */
export function makeResumeCommand(): Command {
  return makeCommand(
    'resume',
    'have a stopped build go on, unwatched',
    'bulkmesh resume\nbulkmesh resume 20261123T104800Z-abc123',
  )
    .description(
      'From any host. "bulkmesh build" on the host where the build was asked for does the same and shows it; "bulkmesh top" ' +
        'shows it from anywhere.',
    )
    .argument('[build]', 'which one (default: the one that was stopped last)')
    .option('--json', orderJsonHelp)
    .action(async (build: string | undefined, options: OrderOptions, command: Command) => {
      await giveOrder(command, options, undefined, { kind: 'resume', build });
    });
}
