import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BulkmeshError } from '../errors.ts';

/** Where `bulkmesh init /content` puts it. */
const usualFile = '/content/bulkmesh.toml';

/**
 * The configuration file to use: the one that the command line or $BULKMESH_CONFIG names, else
 * bulkmesh.toml of the current directory, else `usual`.
 * @throws {BulkmeshError} CONFIG_NOT_FOUND, with every place that was tried. A file that was named and is
 * not there is an error: nothing else is used in its place.
 */
export const findConfig = async (
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  usual: string = usualFile,
): Promise<string> => {
  const variable = env.BULKMESH_CONFIG;
  const named = flag ?? (variable === '' ? undefined : variable);
  const places = named === undefined ? [resolve(cwd, 'bulkmesh.toml'), usual] : [resolve(cwd, named)];
  for (const place of places) if (await isThere(place)) return place;
  const how = flag === undefined ? '$BULKMESH_CONFIG' : '--config';
  const message =
    named === undefined
      ? `no configuration: tried ${places.join(' and ')}`
      : `no configuration: ${how} names ${places.join()}, which is not there`;
  throw new BulkmeshError('CONFIG_NOT_FOUND', message, {
    hint: 'Make one with `bulkmesh init DIRECTORY`, or name one with --config FILE or $BULKMESH_CONFIG.',
  });
};

const isThere = async (file: string): Promise<boolean> => {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
};
