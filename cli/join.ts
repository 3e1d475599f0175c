import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../src/config/config.ts';
import { findHome, homeConfigFile, isThere } from '../src/config/find.ts';
import { layOutHome } from '../src/config/home.ts';
import { loadConfig } from '../src/config/load.ts';
import type { NamedValues } from '../src/config/values.ts';
import { BulkmeshError } from '../src/errors.ts';
import { openConfig, readConfigWords, useKeyFile } from './options.ts';
import { askHidden, canAskHidden } from './prompt.ts';
import { takeMeshKey } from './secret.ts';

/** How the command line of an agent places its host among others. */
export interface JoinFlags {
  readonly join?: readonly string[];
  readonly listen?: readonly string[];
  readonly name?: string;
  readonly key?: string;
  readonly state?: string;
  readonly slots?: number;
}

/** The configuration of an agent, and what was made for it on the way. */
export interface JoinConfig {
  readonly config: Config;
  readonly created: readonly string[];
}

/**
 * The configuration that the command line names, with its own values in place of some. Where there is none, a host that joins
 * others gets one of its own. Throws what `openConfig` and `layOutHome` throw, and CONFIG_TWICE.
 */
export async function openJoinConfig(command: Command, flags: JoinFlags): Promise<JoinConfig> {
  const overrides = listOverrides(flags);
  const isNamed = readConfigWords(command).length > 0;
  if (flags.state !== undefined) {
    if (isNamed) throw namedTwice();
    return openHome(resolve(flags.state), flags, overrides);
  }
  try {
    return { config: await openConfig(command, [], overrides), created: [] };
  } catch (error) {
    const isAbsent = error instanceof BulkmeshError && error.code === 'CONFIG_NOT_FOUND';
    const mayMake = !isNamed && (process.env.BULKMESH_CONFIG ?? '') === '' && flags.join !== undefined;
    if (!isAbsent || !mayMake) throw error;
    return openHome(findHome(process.env), flags, overrides);
  }
}

async function openHome(dir: string, flags: JoinFlags, overrides: NamedValues): Promise<JoinConfig> {
  const file = homeConfigFile(dir);
  const load = async () => useKeyFile(await loadConfig(file, [], overrides), process.env);
  if (await isThere(file)) return { config: await load(), created: [] };
  if (flags.join === undefined) {
    throw new BulkmeshError('CONFIG_NOT_FOUND', `no configuration: there is no ${file}`, {
      hint: 'With --join HOST one is made there; `bulkmesh init DIRECTORY` makes one for a host with a tree of its own.',
    });
  }
  const { created } = await layOutHome(dir, overrides);
  return { config: await load(), created };
}

function listOverrides({ join: hosts, listen, name, key, slots }: JoinFlags): NamedValues {
  return {
    values: {
      ...(hosts === undefined ? {} : { 'mesh.join': hosts }),
      ...(listen === undefined ? {} : { 'mesh.listen': listen }),
      ...(name === undefined ? {} : { 'mesh.name': name }),
      ...(key === undefined ? {} : { 'mesh.key': resolve(key) }),
      ...(slots === undefined ? {} : { 'build.slots': slots }),
    },
    origins: {
      'mesh.join': '--join',
      'mesh.listen': '--listen',
      'mesh.name': '--name',
      'mesh.key': '--key',
      'build.slots': '--slots',
    },
  };
}

/**
 * Sees to it that an agent that is to join others has a mesh key: in its file, else from the environment, else from whoever sits
 * at the terminal; what did not come as a file is made one. Resolves with what was made. Throws MESH_KEY_NONE, MESH_KEY_OTHER
 * where two places have different keys, and what reading a key file throws.
 */
export async function settleMeshKey({ mesh }: Config): Promise<readonly string[]> {
  const { demandSameKey, storeKey, viewKey } = await import('../agent/mesh/keys.ts');
  const { keyFile } = mesh;
  const [secret, other] = [takeMeshKey(), process.env.BULKMESH_MESH_KEY_FILE ?? ''];
  const isThere = viewKey(keyFile) !== undefined;
  if (other !== '') demandSameKey(keyFile, other);
  if (secret !== undefined) {
    await storeKey(keyFile, secret, '$BULKMESH_MESH_KEY');
    return isThere ? [] : [keyFile];
  }
  if (isThere || mesh.join.length === 0) return [];
  if (!canAskHidden()) throw lacksKey(keyFile);
  const text = await askHidden('Mesh key (64 digits in hex, not shown): ');
  if (text === undefined || text === '') throw lacksKey(keyFile);
  await storeKey(keyFile, text, 'what was typed');
  return [keyFile];
}

function namedTwice(): BulkmeshError {
  return new BulkmeshError('CONFIG_TWICE', '--state and --config or --pbulk-conf both name a configuration', {
    hint: 'Give one of the two: with --state it is bulkmesh.toml of that directory.',
  });
}

function lacksKey(keyFile: string): BulkmeshError {
  return new BulkmeshError('MESH_KEY_NONE', `there is no mesh key to join with: no ${keyFile}`, {
    hint:
      'Copy the file that `bulkmesh key show` names on another host to that place, with mode 600; or name it with ' +
      '--key FILE or $BULKMESH_MESH_KEY_FILE; or put the key into $BULKMESH_MESH_KEY.',
  });
}
