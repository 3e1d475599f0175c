import { Command } from 'commander';
import type { Config } from '../src/config/config.ts';
import type { MayLack } from '../src/config/load.ts';
import { BulkmeshError } from '../src/errors.ts';

/** What every command that needs the configuration takes. */
interface ConfigOption {
  readonly config?: string;
  readonly pbulkConf?: string;
}

/** The help of `--config`. */
export const configHelp =
  'configuration (default: $BULKMESH_CONFIG, ./bulkmesh.toml, /content/bulkmesh.toml)';

/** The help of `--pbulk-conf`. */
export const pbulkConfHelp = 'a pbulk.conf in place of a configuration; see "bulkmesh import --help"';

/** A command with `-c/--config` or `--pbulk-conf`, which may stand before or after its name. */
export function makeCommand(name: string, summary: string, example: string): Command {
  return makePlainCommand(name, summary, example)
    .option('-c, --config <file>', configHelp)
    .option('--pbulk-conf <file>', pbulkConfHelp);
}

/** A command that needs no configuration. */
export function makePlainCommand(name: string, summary: string, example: string): Command {
  return new Command(name)
    .summary(summary)
    .addHelpText('after', `\nExample:\n${example.replace(/^/gm, '  ')}`);
}

/**
 * The checked configuration that the command line names. Throws what `loadConfig` and `loadPbulkConf` throw, and
 * CONFIG_TWICE.
 */
export async function openConfig(command: Command, mayLack: MayLack = []): Promise<Config> {
  const { config, pbulkConf } = command.optsWithGlobals<ConfigOption>();
  if (pbulkConf === undefined) {
    const { loadConfig } = await import('../src/config/load.ts');
    return loadConfig(config, mayLack);
  }
  if (config !== undefined) {
    throw new BulkmeshError('CONFIG_TWICE', '--config and --pbulk-conf both name a configuration', {
      hint: 'Give one of the two.',
    });
  }
  // Only now: a shell that runs it is needed by nobody else.
  const { loadPbulkConf } = await import('./pbulkConf.ts');
  return loadPbulkConf(pbulkConf, mayLack);
}

/** The words with which the command line names its configuration, as typed; none where it names none. */
export function readConfigWords(command: Command): readonly string[] {
  const { config, pbulkConf } = command.optsWithGlobals<ConfigOption>();
  if (pbulkConf !== undefined) return ['--pbulk-conf', pbulkConf];
  return config === undefined ? [] : ['-c', config];
}
