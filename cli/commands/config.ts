import { Command } from 'commander';
import { renderEffective } from '../../src/config/effective.ts';
import { makeCommand, openConfig } from '../options.ts';
import { writeLines } from '../output.ts';
import { escapeLine } from '../ui/escape.ts';

/** `bulkmesh config check|show`: whether a configuration is good, and what holds by it. */
export function makeConfigCommand(): Command {
  return new Command('config')
    .summary('check a configuration, or show what holds by it')
    .description('Reads the configuration and nothing else: needs no agent.')
    .addCommand(makeCheck())
    .addCommand(makeShow());
}

function makeCheck(): Command {
  return makeCommand(
    'check',
    'say whether a configuration is good',
    'bulkmesh config check\nbulkmesh config check --config /content/bulkmesh.toml',
  )
    .description(
      'Prints OK, or every problem with its line and what to do. Exit codes: 0 it can be used; 2 it cannot.',
    )
    .action(async (_: unknown, command: Command) => {
      const { file } = await openConfig(command);
      writeLines([`OK  ${escapeLine(file)}`]);
    });
}

function makeShow(): Command {
  return makeCommand(
    'show',
    'print the configuration that holds, every key with its value',
    'bulkmesh config show\nbulkmesh --pbulk-conf /usr/pbulk/etc/pbulk.conf config show',
  )
    .description(
      'Prints every key with the value that it has: defaults filled in, paths absolute. The result is a ' +
        'configuration that means the same.',
    )
    .option('--json', 'as one JSON object')
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      const config = await openConfig(command);
      process.stdout.write(
        options.json === true ? `${JSON.stringify(config, null, 2)}\n` : renderEffective(config),
      );
    });
}
