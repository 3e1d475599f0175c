import { cp, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leader, submitter } from '../hosts/mesh.ts';
import { drawLayers } from '../hosts/quickTree.ts';
import { listEnds, readHosts, waitForHosts } from '../hosts/views.ts';
import { faultTitle, layWorld, noFaults, type World } from './world.ts';

const packages = drawLayers(5, 6, 1, 2);

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
    await world.buildThrough(0.5, async () => {
      const files = await listFiles(join(world.stateDir(3), 'blobs'));
      const own = await listFiles(join(world.stateDir(3), 'mesh', 'packages'));
      for (const file of [...files, ...own.filter((name) => name.endsWith('.tgz'))]) {
        await writeFile(file, Buffer.alloc((await stat(file)).size, 0x5a));
      }
    });
  });

  it('an agent with a copied state directory is kept out, and the build goes on', async () => {
    const clone = await world.addHost();
    await world.buildThrough(0.3, async () => {
      await cp(world.net.host(3).path('state'), clone.path('state'), { recursive: true });
      const agent = await world.startAgent(clone.number);
      await delay(5_000);
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
