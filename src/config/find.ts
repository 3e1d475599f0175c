import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BulkmeshError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a host that joins others keeps what is its own, unless it is told otherwise. */
export const findHome = (env: Environment, uid = process.getuid?.()): string => {
  if (uid === 0) return '/var/lib/bulkmesh';
  // As the XDG base directory specification has it: a relative one does not count.
  const named = env.XDG_STATE_HOME ?? '';
  return named.startsWith('/')
    ? join(named, 'bulkmesh')
    : join(env.HOME ?? '/', '.local', 'state', 'bulkmesh');
};

/** The configuration of such a place. */
export const homeConfigFile = (dir: string): string => join(dir, 'bulkmesh.toml');

/** Where `bulkmesh init /content` puts it, and an agent that joins others without one. */
const listUsual = (env: Environment): readonly string[] => [
  '/content/bulkmesh.toml',
  homeConfigFile(findHome(env)),
];

/**
 * The configuration file to use: the one that the command line or $BULKMESH_CONFIG names, else
 * bulkmesh.toml of the current directory, else the first of `usual` that is there.
 * @throws {BulkmeshError} CONFIG_NOT_FOUND, with every place that was tried. A file that was named and is
 * not there is an error: nothing else is used in its place.
 */
export const findConfig = async (
  flag: string | undefined,
  env: Environment,
  cwd: string,
  usual: readonly string[] = listUsual(env),
): Promise<string> => {
  const variable = env.BULKMESH_CONFIG;
  const named = flag ?? (variable === '' ? undefined : variable);
  const places = named === undefined ? [resolve(cwd, 'bulkmesh.toml'), ...usual] : [resolve(cwd, named)];
  for (const place of places) if (await isThere(place)) return place;
  const how = flag === undefined ? '$BULKMESH_CONFIG' : '--config';
  const message =
    named === undefined
      ? `no configuration: tried ${places.join(', ')}`
      : `no configuration: ${how} names ${places.join()}, which is not there`;
  throw new BulkmeshError('CONFIG_NOT_FOUND', message, {
    hint: 'Make one with `bulkmesh init DIRECTORY`, or name one with --config FILE or $BULKMESH_CONFIG.',
  });
};

/** True where a file, or anything else, can be looked at. */
export const isThere = async (file: string): Promise<boolean> => {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
};
