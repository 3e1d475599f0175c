import { expect, it } from 'vitest';
import { Catalogue } from '../../../agent/files/catalogue.ts';
import { makeRoom } from '../../../agent/files/room.ts';
import type { Event } from '../../../src/core/input.ts';
import { makeBlob, useHosts } from '../../artefacts/hosts.ts';
import { makeFact, makeMesh, plan as planId } from './hosts.ts';

const hosts = useHosts();

it('a disk that wants room loses what no build needs, and the core is asked for the rest', async () => {
  const { ports, ground } = await makeMesh(hosts).addHost('host');
  // Any disk is too full for this one.
  const { store } = await hosts.openStore({ softShare: 0, hardShare: 1, threads: 1 });
  const [needed, plan, old] = [makeBlob(10), makeBlob(20), makeBlob(30)];
  for (const { bytes } of [needed, plan, old]) await store.addBytes(bytes);
  const catalogue = new Catalogue(ports.core);
  const fact = makeFact(planId, ports.host, 'tool-1.0', `sha256:${needed.wanted.sha256}`, 10);
  catalogue.begin(fact.planId, { place: ground.place, kept: new Map() });
  catalogue.hear(fact);
  const events: Event[] = [];
  const node = { ...ports.node, blobs: store };
  const isPinned = (sha256: string): boolean => sha256 === plan.wanted.sha256;
  await makeRoom({ ...ports, node, isPinned, push: (event) => void events.push(event) }, catalogue);
  expect(store.list()).toEqual([needed.wanted.sha256, plan.wanted.sha256].sort());
  expect(events).toMatchObject([{ kind: 'filesUnwanted' }]);
  // What it has built can be fetched when the build is over, but need not stay.
  catalogue.end(fact.planId);
  expect(catalogue.find(needed.wanted.sha256)).toHaveLength(1);
  await makeRoom({ ...ports, node, isPinned, push: () => undefined }, catalogue);
  expect(store.list()).toEqual([plan.wanted.sha256]);
});
