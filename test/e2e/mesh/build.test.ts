import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leader, submitter } from '../hosts/mesh.ts';
import { drawLayers } from '../hosts/quickTree.ts';
import { findCoordinator, listEnds, readHosts, waitForHosts, waitForShare } from '../hosts/views.ts';
import { layWorld, meshTitle, noMesh, type World } from './world.ts';

const packages = drawLayers(4, 6, 0.5);
const joiner = 3;
/** A line of an agent's log: a package has ended on its own host. */
const ownEnd = /"task":"[^"]+","slot":/;

describe.skipIf(noMesh !== undefined)(meshTitle('a build over several hosts'), () => {
  let world: World;
  beforeAll(async () => {
    world = await layWorld(packages, { hosts: 2, slots: 2 });
  });
  afterAll(() => world.remove());

  it('takes in who joins and goes on without who coordinated: nothing lost, built twice or under a wrong name', async () => {
    await world.startAgents();
    expect(await findCoordinator(world, submitter)).toBe(leader);

    const build = world.build();
    await waitForShare(build, 0.25);
    await world.addHost();
    const third = await world.startAgent(joiner);
    for (const agent of [world.agent(leader), third])
      await Promise.race([agent.waitFor(ownEnd), build.ended]);
    await world.agent(leader).kill('SIGKILL');
    const { code, stdout, stderr } = await build.ended;

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Build complete: ${packages.length} of ${packages.length} packages built.`);
    await world.expectRight();
    for (const host of [leader, submitter, joiner]) {
      expect(listEnds(world.agent(host).output()).length).toBeGreaterThan(0);
    }
    expect(world.listRepeated(world.agent(submitter), third)).toEqual([]);
    expect([submitter, joiner]).toContain(await findCoordinator(world, submitter));
  });

  it('is known to a host that comes back, and ends on all when they are told to', async () => {
    await world.startAgent(leader);
    await waitForHosts(world, leader, 3);
    const { hosts } = await readHosts(world, leader);
    expect(hosts.map(({ name }) => name).sort()).toEqual(['h1', 'h2', 'h3']);
    const again = await world.build().ended;
    expect(again.stdout).toContain('everything is up to date');
    for (const host of [leader, submitter, joiner]) await world.agent(host).kill('SIGTERM');
    for (const host of [leader, submitter, joiner]) {
      expect(await world.agent(host).ended).toMatchObject({ code: 0 });
    }
  });
});
