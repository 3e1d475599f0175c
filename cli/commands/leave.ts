import type { Command } from 'commander';
import { makeCommand } from '../options.ts';
import { giveOrder, type OrderOptions, orderJsonHelp } from '../orders.ts';

/** `bulkmesh leave`: the agent of this host goes, in good order. */
export function makeLeaveCommand(): Command {
  return makeCommand(
    'leave',
    'end the agent of this host in good order',
    'bulkmesh leave           what runs may finish\nbulkmesh leave --now     what runs is killed, and built elsewhere',
  )
    .description(
      'The agent gives back what it has not begun, finishes what runs, says goodbye to the other hosts, cleans its ' +
        'sandboxes away and ends. The command does not wait for that. The build goes on at the other hosts, if there are ' +
        'any; packages that only this host has are brought to others as long as it is there.',
    )
    .option('--now', 'kill what runs')
    .option('--json', orderJsonHelp)
    .action(async (options: OrderOptions & { readonly now?: boolean }, command: Command) => {
      await giveOrder(command, options, undefined, {
        kind: 'leave',
        mode: options.now === true ? 'now' : 'drain',
      });
    });
}
