import { hostId, type Life, makeToken, type Token } from '../../src/core/ids.ts';
import type { MeshOptions } from '../../src/core/input.ts';
import { ownProtocol } from '../../src/core/message.ts';

/** A start of a host's agent; two of one number are the same one. */
export const makeLife = (host: string, incarnation = 1): Life => ({
  host: hostId(host),
  incarnation,
  boot: `boot${incarnation}`,
});

/** The token `sequence` of a coordinator's first ballot. */
export const tokenOf = (life: Life, sequence: number): Token => makeToken({ n: 1, life }, sequence);

/** A host that nobody else knows of. */
export const loneMesh: MeshOptions = {
  id: 'mesh',
  protocol: ownProtocol,
  platform: 'test',
  eligibility: 'allow',
  expectsPeers: false,
  ballotN: 0,
  sharedFiles: true,
};
