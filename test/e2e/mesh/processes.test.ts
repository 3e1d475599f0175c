import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leader, submitter } from '../hosts/mesh.ts';
import { drawLayers } from '../hosts/quickTree.ts';
import { listEnds, waitForHosts, waitForShare } from '../hosts/views.ts';
import { faultTitle, layWorld, noFaults, type World } from './world.ts';

const packages = drawLayers(4, 6, 1);
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

  it('a host that dies again and again as it joins and takes work from others loses none of it', async () => {
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

  it('a host that dies while another one joins and takes work from it loses none of it', async () => {
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

  const breaks: Readonly<Record<string, () => Promise<unknown>>> = {
    'all hosts lose power': async () => {
      await Promise.all(all.map((host) => world.net.host(host).powerOff()));
      for (const host of all) await world.net.host(host).powerOn();
    },
    'all agents are killed at once': async () => {
      await Promise.all(all.map((host) => world.agent(host).kill('SIGKILL')));
      await Promise.all(all.map((host) => world.agent(host).ended));
    },
  };

  it.each(Object.keys(breaks))(
    '%s: when they start again, the build goes on by itself and ends',
    async (how) => {
      const build = await world.rebuild();
      await waitForShare(build, 0.5);
      const before = all.flatMap((host) => listEnds(world.agent(host).output())).length;
      await breaks[how]?.();
      expect((await build.ended).code).not.toBe(0);
      await world.startAgents();
      await world.waitForRight();
      const again = all.flatMap((host) => listEnds(world.agent(host).output()));
      expect(before).toBeGreaterThan(0);
      expect(again.length).toBeGreaterThan(0);
      expect(again.length).toBeLessThan(packages.length);
    },
  );

  it('submitter and coordinator die together, and the submitter comes back late: the others have built on, and it gets all', async () => {
    const build = await world.rebuild();
    await waitForShare(build, 0.3);
    await Promise.all([leader, submitter].map((host) => world.agent(host).kill('SIGKILL')));
    expect((await build.ended).code).not.toBe(0);
    const others = (): number => [3, 4].flatMap((host) => listEnds(world.agent(host).output())).length;
    const atDeath = others();
    await expect.poll(others, { timeout: 120_000, interval: 200 }).toBeGreaterThan(atDeath + 4);
    await world.startAgent(submitter);
    await world.waitForRight();
    await world.startAgent(leader);
    await waitForHosts(world, submitter, 4);
  });
});
