import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { HostId } from '../../src/core/ids.ts';
import { messageOf } from '../../src/errors.ts';
import { readPlainFile, syncDirectory } from '../../src/files.ts';
import { isSharedAddress } from '../../src/mesh/address.ts';
import type { KnownPeer } from '../../src/mesh/introduction.ts';
import { defaultMeshLimits } from '../../src/mesh/limits.ts';
import { isHostId } from '../../src/mesh/names.ts';

const { hostsMax, addressesMax } = defaultMeshLimits;
/** That many hosts, each with as many addresses, fit easily. */
const fileBytesMax = 8 * 2 ** 20;

const schema = z.object({
  version: z.literal(1),
  mesh: z.string().max(64),
  peers: z
    .array(
      z.object({
        host: z.custom<HostId>(isHostId),
        addresses: z
          .array(z.custom<string>((text) => typeof text === 'string' && isSharedAddress(text)))
          .max(addressesMax),
      }),
    )
    .max(hostsMax),
});

const placeOf = (stateDir: string): string => join(stateDir, 'peers.json');

/**
 * The hosts of this mesh that earlier lives have met, and where. None where there is no file; none, with a word to `onTrouble`,
 * for one that cannot be used: whoever is called by name tells of all the others again.
 */
export const loadAcquaintances = (
  stateDir: string,
  meshId: string,
  onTrouble: (text: string) => void,
): readonly KnownPeer[] => {
  const file = placeOf(stateDir);
  const text = readPlainFile(file, fileBytesMax)?.toString('utf8');
  if (text === undefined) return [];
  try {
    const { mesh, peers } = schema.parse(JSON.parse(text));
    // After a change to another mesh they are strangers.
    return mesh === meshId ? peers : [];
  } catch {
    onTrouble(
      `${file} cannot be read: the hosts in it are not called, but those that the configuration names`,
    );
    return [];
  }
};

/** Keeps them for the next life, durably and whole. Never throws: what goes wrong is told. */
export const storeAcquaintances = async (
  stateDir: string,
  meshId: string,
  peers: readonly KnownPeer[],
  onTrouble: (text: string) => void,
): Promise<void> => {
  const file = placeOf(stateDir);
  const temporary = `${file}.${randomBytes(6).toString('hex')}.new`;
  const kept = peers.slice(0, hostsMax).map(({ host, addresses }) => ({
    ...{ host, addresses: addresses.filter(isSharedAddress).slice(0, addressesMax) },
  }));
  try {
    await using handle = await open(temporary, 'wx', 0o600);
    await handle.writeFile(`${JSON.stringify({ version: 1, mesh: meshId, peers: kept })}\n`);
    await handle.sync();
    await rename(temporary, file);
    await syncDirectory(stateDir);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    onTrouble(`${file}: ${messageOf(error)}: after a restart only the hosts of the configuration are called`);
  }
};
