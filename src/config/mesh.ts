import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Address, formatAddress, parseAddress, parseBind } from '../mesh/address.ts';
import type { Config } from './config.ts';
import type { Complain } from './consistency.ts';
import type { FileValues } from './fileSchema.ts';
import { type Complaint, checkPathText, resolvePath } from './pathCheck.ts';
import { checkHostName } from './valueCheck.ts';

type Values = FileValues['mesh'];

/** As many as a host may tell of itself when it introduces itself. */
const addressesMax = 16;

/** Where this host is found and whom it calls. Addresses are written the one way; relative paths start at `base`. */
export const resolveMesh = (
  values: Values,
  { base, state }: { readonly base: string; readonly state: string },
  complain: Complain,
): Config['mesh'] => {
  const { key, name = nameHost(), shared: sharedFiles, coordinate } = values;
  if (key !== undefined) complain(['mesh', 'key'], checkPathText(key));
  complain(['mesh', 'name'], checkHostName(name));
  return {
    keyFile: key === undefined ? join(state, 'mesh.key') : resolvePath(base, key),
    listen: readList('listen', values.listen, parseBind, complain),
    join: readList('join', values.join, parseAddress, complain),
    advertise: readList('advertise', values.advertise, parseAdvertised, complain),
    ...{ name, sharedFiles, coordinate },
  };
};

const nameHost = (): string => {
  const name = hostname()
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 63);
  return name === '' ? 'host' : name;
};

/** Each address once. Those that cannot be read are complained of and left out. */
const readList = (
  key: string,
  texts: readonly string[],
  parse: (text: string) => Address,
  complain: Complain,
): readonly string[] => {
  const read = texts.flatMap((text, index) => {
    try {
      return [formatAddress(parse(text))];
    } catch (error) {
      complain(['mesh', key, String(index)], explain(error));
      return [];
    }
  });
  if (texts.length > addressesMax) {
    const what = `has ${texts.length} addresses`;
    complain(['mesh', key], { what, todo: `give ${addressesMax} at most` });
  }
  return [...new Set(read)];
};

/** Others are told of it, so it must mean the same to them. */
const parseAdvertised = (text: string): Address => {
  const address = parseAddress(text);
  if (!['0.0.0.0', '::'].includes(address.host) && !address.host.includes('%')) return address;
  throw new Error(`${JSON.stringify(text)} means nothing on another host`);
};

const explain = (error: unknown): Complaint => {
  const { message, hint = '' }: { message?: unknown; hint?: unknown } = Object(error);
  const advice = String(hint).replace(/^W/, 'w').replace(/\.$/, '');
  return { what: String(message), todo: advice === '' ? 'give one by which they reach this one' : advice };
};
