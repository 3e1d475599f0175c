import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { Config } from '../src/config/config.ts';
import type { MayLack } from '../src/config/load.ts';
import type { NamedValues } from '../src/config/values.ts';
import { BulkmeshError } from '../src/errors.ts';

/** What every command that needs the configuration takes. */
interface ConfigOption {
  readonly config?: string;
  readonly pbulkConf?: string;
}

/** The help of `--config`. */
export const configHelp =
  'configuration (default: $BULKMESH_CONFIG, ./bulkmesh.toml, /content/bulkmesh.toml, that of "agent --join")';

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
 * The checked configuration that the command line names, with its own values (`overrides`) in place of some. Throws what
 * `loadConfig` and `loadPbulkConf` throw, and CONFIG_TWICE.
 */
export async function openConfig(
  command: Command,
  mayLack: MayLack = [],
  overrides?: NamedValues,
): Promise<Config> {
  return useKeyFile(await readConfig(command, mayLack, overrides), process.env);
}

async function readConfig(
  command: Command,
  mayLack: MayLack,
  overrides: NamedValues | undefined,
): Promise<Config> {
  const { config, pbulkConf } = command.optsWithGlobals<ConfigOption>();
  if (pbulkConf === undefined) {
    const { loadConfig } = await import('../src/config/load.ts');
    return loadConfig(config, mayLack, overrides);
  }
  if (config !== undefined) {
    throw new BulkmeshError('CONFIG_TWICE', '--config and --pbulk-conf both name a configuration', {
      hint: 'Give one of the two.',
    });
  }
  // Only now: a shell that runs it is needed by nobody else.
  const { loadPbulkConf } = await import('./pbulkConf.ts');
  return loadPbulkConf(pbulkConf, mayLack, overrides);
}

/** Where the configured file of the mesh key is not there, the one that the environment names is used as it lies. */
export function useKeyFile(config: Config, env: NodeJS.ProcessEnv): Config {
  const named = env.BULKMESH_MESH_KEY_FILE ?? '';
  if (named === '' || existsSync(config.mesh.keyFile)) return config;
  return { ...config, mesh: { ...config.mesh, keyFile: resolve(named) } };
}

/** The words with which the command line names its configuration, as typed; none where it names none. */
export function readConfigWords(command: Command): readonly string[] {
  const { config, pbulkConf } = command.optsWithGlobals<ConfigOption>();
  if (pbulkConf !== undefined) return ['--pbulk-conf', pbulkConf];
  return config === undefined ? [] : ['-c', config];
}

/** A number of slots as the command line has it. */
export function parseSlots(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
