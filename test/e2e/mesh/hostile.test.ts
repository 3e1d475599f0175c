import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leader, submitter } from '../hosts/mesh.ts';
import { drawLayers } from '../hosts/quickTree.ts';
import { waitForHosts } from '../hosts/views.ts';
import { faultTitle, layWorld, noFaults, type World } from './world.ts';

const packages = drawLayers(4, 6, 1);
const program = join(import.meta.dirname, '../hosts/rogue.ts');

describe.skipIf(noFaults !== undefined)(faultTitle('somebody who means harm, in mid-build'), () => {
  let world: World;
  beforeAll(async () => {
    world = await layWorld(packages, { hosts: 3, slots: 2 });
    await world.startAgents();
  });
  afterAll(() => world.remove());

  it('is sent away and named, whatever it does at the port of the coordinator, and the build ends right', async () => {
    const rogue = await world.addHost();
    const key = join(world.place, 'mesh.key');
    const kinds = ['stranger', 'noise', 'silent', 'drip', 'protocol', 'garbage', 'huge', 'flood', 'slow'];
    let said = '';
    await world.buildThrough(0.1, async () => {
      const end = await rogue.run(['node', program, `h${leader}:28550`, key, ...kinds]);
      said = `${end.stdout}${end.stderr}`;
    });
    expect(said.trim().split('\n')).toEqual([
      'stranger: refused',
      ...['noise', 'silent', 'drip'].map((kind) => `${kind}: hung up`),
      'protocol: closed 4005',
      'garbage: closed 4009',
      ...['huge', 'flood', 'slow'].map((kind) => expect.stringMatching(new RegExp(`^${kind}: closed \\d+$`))),
    ]);
    const log = world.agent(leader).output();
    for (const name of ['rogue-garbage', 'rogue-huge', 'rogue-flood', 'rogue-slow'])
      expect(log).toContain(name);
    await waitForHosts(world, submitter, 3);
  });
});
