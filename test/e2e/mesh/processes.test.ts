import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leader, submitter } from '../hosts/mesh.ts';
import { drawLayers } from '../hosts/quickTree.ts';
import { listEnds, readHosts, waitForHosts, waitForShare } from '../hosts/views.ts';
import { faultTitle, layWorld, noFaults, type World } from './world.ts';

const packages = drawLayers(5, 6, 1);
const all = [1, 2, 3, 4];

describe.skipIf(noFaults !== undefined)(faultTitle('agents that die or stand still in mid-build'), () => {
  let world: World;
  beforeAll(async () => {
    world = await layWorld(packages, { hosts: 4, slots: 2 });
    await world.startAgents();
  });
  afterAll(() => world.remove());

  const comeBack = async (host: number): Promise<void> => {
    await world.agent(host).ended;
    await world.startAgent(host);
    await waitForHosts(world, submitter, 4);
  };

  it('kill -9 of a thief: what it was about to get is built', async () => {
    await world.agent(3).kill('SIGKILL');
    await world.agent(3).ended;
    // A joiner steals at once; on a slow cable it is still at it when it dies.
    await world.net.delay(3, 150, 0);
    await world.buildThrough(
      0.2,
      async () => {
        for (const waitMs of [200, 600, 1_200]) {
          const thief = await world.startAgent(3);
          await delay(waitMs);
          await thief.kill('SIGKILL');
          await thief.ended;
        }
        await world.net.heal();
      },
      () => comeBack(3),
    );
  });

  it('kill -9 of a victim: what it was about to give is built', async () => {
    await world.agent(3).kill('SIGKILL');
    await world.agent(3).ended;
    await world.net.delay(4, 150, 0);
    await world.buildThrough(
      0.2,
      async () => {
        await world.startAgent(3);
        await delay(500);
        await world.agent(4).kill('SIGKILL');
        await world.net.heal();
      },
      () => comeBack(4),
    );
  });

  it.each([
    ['a worker', 3, 10_000],
    ['the coordinator', leader, 10_000],
    ['the coordinator', leader, 60_000],
  ])('%s (h%i) stands still for %i ms', async (_who, host, ms) => {
    await world.buildThrough(0.3, async () => {
      const goOn = await world.agent(host).pause();
      await delay(ms);
      goOn();
    });
    await waitForHosts(world, submitter, 4);
  });

  it('all hosts lose power: when agents start again, the build goes on by itself and ends', async () => {
    const build = world.build('--rebuild-all');
    await waitForShare(build, 0.5);
    const before = all.flatMap((host) => listEnds(world.agent(host).output())).length;
    expect(before).toBeGreaterThan(0);
    await Promise.all(all.map((host) => world.net.host(host).powerOff()));
    for (const host of all) await world.net.host(host).powerOn();
    await world.startAgents();
    const isOpen = async (): Promise<boolean> => {
      const { hosts } = await readHosts(world, submitter);
      return hosts.some(({ view }) => view?.builds.some(({ phase }) => phase !== 'idle') === true);
    };
    await expect.poll(isOpen, { timeout: 120_000, interval: 500 }).toBe(false);
    await world.expectRight();
    const again = all.flatMap((host) => listEnds(world.agent(host).output()));
    expect(again.length).toBeLessThan(packages.length);
  });
});
