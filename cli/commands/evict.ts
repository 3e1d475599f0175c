import type { Command } from 'commander';
import { makeCommand, openConfig } from '../options.ts';
import { type OrderOptions, orderJsonHelp, tellDone } from '../orders.ts';
import { openAgent } from '../session.ts';

/** `bulkmesh evict HOST`: a host that will not come back. */
export function makeEvictCommand(): Command {
  return makeCommand(
    'evict',
    'take a host for dead at once: what it held is given to others',
    'bulkmesh evict build3',
  )
    .description(
      'For a host that is gone for good, or that is not to be waited for. All hosts stop to count it among those that they ' +
        'miss, and what it held is built elsewhere. Its agent may join again once it has been started anew.',
    )
    .argument('<host>', 'name, id, or the beginning of an id')
    .option('--force', 'even a host that is alive: what it builds at this moment is lost')
    .option('--json', orderJsonHelp)
    .action(async (host: string, options: OrderOptions & { readonly force?: boolean }, command: Command) => {
      const client = await openAgent(await openConfig(command));
      tellDone(await client.evict(host, options.force === true), options);
    });
}
