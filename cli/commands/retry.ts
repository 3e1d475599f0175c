import type { Command } from 'commander';
import { BulkmeshError } from '../../src/errors.ts';
import { makeCommand } from '../options.ts';
import { giveOrder, type OrderOptions, orderJsonHelp } from '../orders.ts';

interface RetryOptions extends OrderOptions {
  readonly all?: boolean;
  readonly build?: string;
}

/** `bulkmesh retry PKG...`: what failed, once more, while the build goes on. */
export function makeRetryCommand(): Command {
  return makeCommand(
    'retry',
    'try packages that failed again, while the build goes on',
    'bulkmesh retry gawk mesa-24.1\nbulkmesh retry --all',
  )
    .description(
      'From any host. The packages are built again with what was blocked by them, on whichever host is free: for failures ' +
        'of the surroundings (a mirror that was down, a full disk). A package whose recipe was changed needs a new build: ' +
        'this one sees the tree as it was when it began.',
    )
    .argument('[package...]', 'PKGNAME, PKGBASE or PKGPATH of packages that failed, or that failures block')
    .option('--all', 'all that failed')
    .option('--build <build>', 'of this build (default: the one that goes on)')
    .option('--json', orderJsonHelp)
    .action(async (words: readonly string[], options: RetryOptions, command: Command) => {
      if (words.length > 0 === (options.all === true)) {
        throw new BulkmeshError('RETRY_WHAT', 'what is to be tried again?', {
          hint: 'Name packages, or give --all.',
        });
      }
      const packages = options.all === true ? 'all' : words;
      await giveOrder(command, options, undefined, { kind: 'retry', build: options.build, packages });
    });
}
