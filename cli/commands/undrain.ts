import type { Command } from 'commander';
import { makeCommand } from '../options.ts';
import { giveOrder, hostHelp, type OrderOptions, orderJsonHelp } from '../orders.ts';

/** `bulkmesh undrain [HOST]`: a drained host works again. */
export function makeUndrainCommand(): Command {
  return makeCommand(
    'undrain',
    'have a drained host take work again',
    'bulkmesh undrain\nbulkmesh undrain build3',
  )
    .description(
      'The host gets work at once where there is some. Nothing happens to one that is not drained.',
    )
    .argument('[host]', hostHelp)
    .option('--json', orderJsonHelp)
    .action(async (host: string | undefined, options: OrderOptions, command: Command) => {
      await giveOrder(command, options, host, { kind: 'undrain' });
    });
}
