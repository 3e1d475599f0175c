import { parseDigest } from '../../src/artefacts/sha256.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import { createBring } from '../mesh/bring.ts';
import type { MeshNode } from '../mesh/node.ts';
import { resultBytesMax } from './result.ts';

/** Gets the result of a batch to this host. Rejects when nobody gives it in time, and with the reason of the signal. */
export type GetResult = (fact: Fact, signal: AbortSignal) => Promise<Uint8Array>;

/** So long somebody is looked for who has a result; then its paths are scanned again. */
const getMs = 30_000;

export const createGetResult =
  (node: Pick<MeshNode, 'blobs' | 'fetcher' | 'findPeer' | 'listLinks'>): GetResult =>
  async ({ task, origin, outcome }, signal) => {
    const sha256 = outcome.kind === 'built' ? parseDigest(outcome.digest) : undefined;
    if (outcome.kind !== 'built' || sha256 === undefined) throw new Error(`${task} has no result`);
    if (outcome.sizeBytes > resultBytesMax) throw new Error(`the result of ${task} is too large`);
    let why = 'it is on its way';
    const bring = createBring({
      node,
      first: origin.host,
      onWaiting: (text) => {
        why = text;
      },
    });
    const limit = AbortSignal.timeout(getMs);
    const wanted = { sha256, sizeBytes: outcome.sizeBytes, maxBytes: resultBytesMax };
    await bring(wanted, AbortSignal.any([signal, limit])).catch((error: unknown) => {
      signal.throwIfAborted();
      throw limit.aborted ? new Error(`the result of ${task} is nowhere to be had: ${why}`) : error;
    });
    const bytes = await node.blobs.readBlob(sha256, resultBytesMax);
    if (bytes === undefined) throw new Error(`the result of ${task} is gone as soon as it was here`);
    return bytes;
  };
