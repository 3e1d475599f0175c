import { randomBytes } from 'node:crypto';
import type { MeshNode } from '../../agent/mesh/node.ts';
import type { BlobRef } from '../../src/artefacts/store/store.ts';
import { hostId } from '../../src/core/ids.ts';
import { openEnd } from './end.ts';

/**
 * The other agent of the bench: state at argv[2], mesh key in argv[3], argv[4] MB in files of 50 MB. It answers each probe. Prints where
 * it listens, and what it has, as one line of JSON.
 */
const [stateDir = '', keyFile = '', megabytes = '500'] = process.argv.slice(2);
const node: MeshNode = await openEnd({
  ...{ name: 'giver', stateDir, keyFile, seeds: [] },
  onEvent: (event) => {
    if (event.kind !== 'message' || event.message.kind !== 'probe') return;
    node.send(event.session, { kind: 'probed', host: hostId('giver'), heardAgoMs: 0 });
  },
});
const large: BlobRef[] = [];
for (let left = Number(megabytes); left > 0; left -= 50) {
  large.push(await node.blobs.addBytes(randomBytes(1e6 * Math.min(50, left))));
}
console.log(JSON.stringify({ address: node.listBound()[0], large }));
