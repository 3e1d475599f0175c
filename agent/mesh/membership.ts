import type { Logger } from 'pino';
import type { Config } from '../../src/config/config.ts';
import type { MeshOptions } from '../../src/core/input.ts';
import type { KnownPeer } from '../../src/mesh/introduction.ts';
import { type KeyRing, readKeyRing } from '../../src/mesh/key.ts';
import { loadAcquaintances } from './acquaintances.ts';
import { measureGrounds } from './grounds.ts';

/** What an agent brings to its mesh. */
export interface Membership {
  readonly keys: KeyRing;
  /** Hosts that earlier lives have met. */
  readonly known: readonly KnownPeer[];
  readonly grounds: Readonly<Record<string, string>>;
  readonly options: Pick<MeshOptions, 'expectsPeers' | 'sharedFiles' | 'eligibility'>;
}

/**
 * Undefined for a host without a mesh key: it builds alone.
 * @throws {BulkmeshError} as `readKeyRing`
 */
export const findMembership = async (config: Config, log: Logger): Promise<Membership | undefined> => {
  const keys = readKeyRing(config.mesh.keyFile);
  if (keys === undefined) return undefined;
  const known = loadAcquaintances(config.paths.state, keys.meshId, (text) => log.warn(text));
  const { coordinate, join, sharedFiles } = config.mesh;
  return {
    keys,
    known,
    grounds: await measureGrounds(config),
    options: {
      // Who knows of nobody leads at once; who joins waits for those that are there.
      expectsPeers: join.length + known.length > 0,
      eligibility: coordinate,
      sharedFiles,
    },
  };
};
