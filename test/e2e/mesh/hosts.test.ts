import { cp, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leader, submitter } from '../hosts/mesh.ts';
import { drawLayers } from '../hosts/quickTree.ts';
import { listEnds, readHosts, waitForHosts } from '../hosts/views.ts';
import { faultTitle, layWorld, noFaults, type World } from './world.ts';

const packages = drawLayers(4, 6, 1, 2);

describe.skipIf(noFaults !== undefined)(faultTitle('hosts that are not as they should be'), () => {
  let world: World;
  beforeAll(async () => {
    world = await layWorld(packages, { hosts: 4, slots: 2, disksMiB: { 4: 300 } });
    await world.startAgents();
  });
  afterAll(() => world.remove());

  it('a full disk is trouble of its host, and fails no package', async () => {
    let free = async (): Promise<void> => {};
    await world.buildThrough(0.3, async () => {
      free = await world.net.host(4).fillDisk(1);
    });
    expect(world.agent(4).output()).toMatch(/nothing starts, make room|"disk-full"|ENOSPC/);
    await free();
    await waitForHosts(world, submitter, 4);
  });

  it('a clock that is an hour ahead or behind changes nothing', async () => {
    for (const aheadMs of [3_600_000, -3_600_000]) {
      await world.agent(3).kill('SIGTERM');
      await world.agent(3).ended;
      world.net.host(3).setClock(aheadMs);
      await world.startAgent(3);
      await waitForHosts(world, submitter, 4);
      await world.buildThrough(0.5, async () => {});
      expect(listEnds(world.agent(3).output()).length).toBeGreaterThan(0);
    }
    world.net.host(3).setClock(0);
  });

  it('files that one host has and that are damaged there are not taken from it', async () => {
    let damaged = 0;
    await world.buildThrough(0.5, async () => {
      for (const file of await listFiles(join(world.stateDir(3), 'blobs'))) {
        // One that is being fetched is nobody's yet.
        if (!/[0-9a-f]{64}$/.test(file)) continue;
        await writeFile(file, Buffer.alloc((await stat(file)).size, 0x5a));
        damaged += 1;
      }
    });
    expect(damaged).toBeGreaterThan(0);
  });

  it('of two agents with one state directory the others take one, the other is told why, and the build goes on', async () => {
    const clone = await world.addHost();
    // What slots hold and sockets are no part of what somebody copies or restores.
    const filter = (path: string): boolean => !/\/(slots|control\.sock)$/.test(path);
    await cp(world.net.host(3).path('state'), clone.path('state'), { recursive: true, filter });
    await world.buildThrough(0.3, async () => {
      const agent = await world.startAgent(clone.number);
      const refused = /"kind":"refused"[^}]*"detail":"(stale|cloned)"/;
      await Promise.any([agent.waitFor(refused), world.agent(3).waitFor(refused)]);
      const { hosts } = await readHosts(world, submitter);
      const known = hosts.filter(({ standing }) => standing === 'self' || standing === 'alive');
      expect(known.length).toBeLessThanOrEqual(4);
      await agent.kill('SIGKILL');
    });
    await waitForHosts(world, submitter, 4);
  });

  it('an agent with another key is not let in, and both ends say why', async () => {
    const stranger = await world.addHost();
    await stranger.write('mesh.key', `${'a'.repeat(64)}\n`, 0o600);
    const agent = await world.startAgent(stranger.number);
    await agent.waitFor(/"kind":"(key|refused)"/);
    await world.agent(leader).waitFor(/"kind":"key"/);
    const { hosts } = await readHosts(world, leader);
    expect(hosts.map(({ name }) => name)).not.toContain(stranger.name);
    await agent.kill('SIGKILL');
  });
});

const listFiles = async (dir: string): Promise<readonly string[]> =>
  (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
