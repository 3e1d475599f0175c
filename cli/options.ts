import { Command } from 'commander';
import type { Config } from '../src/config/config.ts';
import { loadConfig, type MayLack } from '../src/config/load.ts';

/** What every command that needs the configuration takes. */
interface ConfigOption {
  readonly config?: string;
}

/** The help of `--config`. */
export const configHelp =
  'configuration (default: $BULKMESH_CONFIG, ./bulkmesh.toml, /content/bulkmesh.toml)';

/** A command with `-c/--config`, which may stand before or after its name. */
export function makeCommand(name: string, summary: string, example: string): Command {
  return makePlainCommand(name, summary, example).option('-c, --config <file>', configHelp);
}

/** A command that needs no configuration. */
export function makePlainCommand(name: string, summary: string, example: string): Command {
  return new Command(name)
    .summary(summary)
    .addHelpText('after', `\nExample:\n${example.replace(/^/gm, '  ')}`);
}

/** The checked configuration that the command line names. Throws what `loadConfig` throws. */
export function openConfig(command: Command, mayLack: MayLack = []): Promise<Config> {
  return loadConfig(readConfigOption(command), mayLack);
}

/** The configuration that the command line names, as typed; undefined where it names none. */
export function readConfigOption(command: Command): string | undefined {
  return command.optsWithGlobals<ConfigOption>().config;
}
