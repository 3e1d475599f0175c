import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { leader, submitter } from '../hosts/mesh.ts';
import { drawLayers } from '../hosts/quickTree.ts';
import { waitForHosts } from '../hosts/views.ts';
import { faultTitle, layWorld, noFaults, type World } from './world.ts';

// Each has a file of some size, so that files move while the network goes.
const packages = drawLayers(4, 6, 1, 4);

describe.skipIf(noFaults !== undefined)(faultTitle('a network that fails in mid-build'), () => {
  let world: World;
  beforeAll(async () => {
    world = await layWorld(packages, { hosts: 4, slots: 2 });
    await world.startAgents();
  });
  afterEach(async () => {
    await world.net.heal();
    await waitForHosts(world, submitter, 4);
  });
  afterAll(() => world.remove());

  it.each([
    [3, 3_000],
    [3, 20_000],
    [leader, 20_000],
    [leader, 90_000],
    [submitter, 20_000],
  ])('the cable of h%i is out for %i ms', async (host, ms) => {
    await world.buildThrough(0.3, async () => {
      await world.net.linkDown(host);
      await delay(ms);
      await world.net.linkUp(host);
    });
  });

  it('the coordinator does not hear one host, which hears it, for half a minute', async () => {
    await world.buildThrough(0.3, async () => {
      await world.net.cutOneWay(3, leader);
      await delay(30_000);
      await world.net.heal();
    });
  });

  it('one host is 200 ms away, and two of a hundred packets are lost on the way', async () => {
    await world.net.delay(3, 200, 2);
    await world.buildThrough(0.5, async () => {});
  });

  it('two hosts and two hosts build without each other for half a minute, and then together', async () => {
    await world.buildThrough(0.3, async () => {
      await world.net.partition([1, 2], [3, 4]);
      await delay(30_000);
      await world.net.heal();
    });
  });
});
