import type { Command } from 'commander';
import { makeCommand } from '../options.ts';
import { giveOrder, type OrderOptions, orderJsonHelp } from '../orders.ts';

/** `bulkmesh stop [BUILD]`: a build that is to stop, on all hosts. */
export function makeStopCommand(): Command {
  return makeCommand(
    'stop',
    'stop the build, on all hosts',
    'bulkmesh stop           what runs may finish\nbulkmesh stop --now     what runs is killed',
  )
    .description(
      'From any host. The build is told as stopped where it was asked for, and goes on with "bulkmesh resume".',
    )
    .argument('[build]', 'which one, when several go on')
    .option('--now', 'kill what runs')
    .option('--json', orderJsonHelp)
    .action(
      async (
        build: string | undefined,
        options: OrderOptions & { readonly now?: boolean },
        command: Command,
      ) => {
        const mode = options.now === true ? 'now' : 'drain';
        await giveOrder(command, options, undefined, { kind: 'stop', build, mode });
      },
    );
}
