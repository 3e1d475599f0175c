import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { viewKey } from '../../agent/mesh/keys.ts';
import { makeAgentCommand } from '../../cli/commands/agent.ts';
import { openJoinConfig, settleMeshKey } from '../../cli/join.ts';
import { hideSecrets } from '../../cli/secret.ts';
import { findConfig, findHome } from '../../src/config/find.ts';
import { makeSite, runCli, startCli, type TestSite } from './run.ts';

const [one, two] = ['ab'.repeat(32), 'cd'.repeat(32)];
let site: TestSite;
beforeEach(async () => {
  site = await makeSite();
  vi.stubEnv('BULKMESH_CONFIG', '');
  vi.stubEnv('BULKMESH_MESH_KEY_FILE', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await site.remove();
});

/** As if the program had been started with this key in its environment. */
const giveKey = (key: string | undefined): NodeJS.ProcessEnv => {
  const env: NodeJS.ProcessEnv = { PATH: '/bin', ...(key === undefined ? {} : { BULKMESH_MESH_KEY: key }) };
  hideSecrets(env);
  return env;
};

describe('a host that joins others', () => {
  it('gets a configuration of its own where it has none, goes by it from then on, and keeps no wrong one', async () => {
    const state = join(site.dir, 'home');
    const bad = openJoinConfig(makeAgentCommand(), { state, join: ['no host'], slots: 3 });
    await expect(bad).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('--join.0: "no host" is no address of a host'),
    });
    expect(existsSync(state)).toBe(false);

    const first = await openJoinConfig(makeAgentCommand(), {
      state,
      join: ['build1', '[::1]:7'],
      name: 'two',
      slots: 3,
    });
    expect(first.created).toContain(join(state, 'bulkmesh.toml'));
    const mesh = {
      join: ['build1:28550', '[::1]:7'],
      name: 'two',
      keyFile: join(state, 'bulkmesh', 'mesh.key'),
    };
    const paths = { state: join(state, 'bulkmesh'), packages: join(state, 'packages') };
    expect(first.config).toMatchObject({
      mesh,
      paths,
      build: { slots: 3 },
      pkgsrc: { bootstrapKit: undefined },
    });
    expect(existsSync(mesh.keyFile)).toBe(false);

    // Started anew by a script that does not know of any of this, and once with other words.
    expect((await openJoinConfig(makeAgentCommand(), { state })).config.mesh).toMatchObject(mesh);
    const again = await openJoinConfig(makeAgentCommand(), {
      state,
      join: ['build9'],
      listen: ['127.0.0.1:0'],
    });
    expect(again).toMatchObject({
      created: [],
      config: { mesh: { join: ['build9:28550'], listen: ['127.0.0.1:0'] } },
    });
    const usual = [join(site.dir, 'none.toml'), join(state, 'bulkmesh.toml')];
    expect(await findConfig(undefined, {}, '/', usual)).toBe(usual[1]);

    await expect(
      openJoinConfig(makeAgentCommand(), { state: join(site.dir, 'other') }),
    ).rejects.toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      hint: expect.stringContaining('--join HOST'),
    });
    await expect(openJoinConfig(makeAgentCommand(), { state: '/usr', join: ['a'] })).rejects.toMatchObject({
      code: 'INIT_BAD_DIRECTORY',
    });
  });

  it('has a place of its own by its account, and uses a configuration that is there', async () => {
    expect(findHome({ HOME: '/home/x' }, 0)).toBe('/var/lib/bulkmesh');
    expect(findHome({ HOME: '/home/x', XDG_STATE_HOME: 'relative' }, 7)).toBe(
      '/home/x/.local/state/bulkmesh',
    );
    expect(findHome({ HOME: '/home/x', XDG_STATE_HOME: '/s' }, 7)).toBe('/s/bulkmesh');
    vi.stubEnv('BULKMESH_CONFIG', site.config);
    const key = join(site.dir, 'packages', 'key');
    const { config, created } = await openJoinConfig(makeAgentCommand(), { join: ['build1'] });
    expect([config.file, config.mesh.join, created]).toEqual([site.config, ['build1:28550'], []]);
    await expect(openJoinConfig(makeAgentCommand(), { join: ['build1'], key })).rejects.toMatchObject({
      message: expect.stringContaining(`--key: ${key} lies in ${join(site.dir, 'packages')}`),
    });
  });

  it('keeps a key of the environment, where nothing else sees it, and never two different ones', async () => {
    const state = join(site.dir, 'home');
    const { config } = await openJoinConfig(makeAgentCommand(), { state, join: ['build1'] });
    const { keyFile } = config.mesh;
    await expect(settleMeshKey(config)).rejects.toMatchObject({
      ...{ code: 'MESH_KEY_NONE', message: expect.stringContaining(keyFile) },
      hint: expect.stringContaining('$BULKMESH_MESH_KEY_FILE'),
    });
    expect(giveKey(one)).toEqual({ PATH: '/bin' });
    expect(await settleMeshKey(config)).toEqual([keyFile]);
    expect([readFileSync(keyFile, 'utf8'), statSync(keyFile).mode & 0o777]).toEqual([`${one}\n`, 0o600]);
    giveKey(one);
    expect(await settleMeshKey(config)).toEqual([]);
    giveKey(two);
    await expect(settleMeshKey(config)).rejects.toMatchObject({ code: 'MESH_KEY_OTHER' });

    const elsewhere = join(site.dir, 'secret');
    writeFileSync(elsewhere, two, { mode: 0o600 });
    vi.stubEnv('BULKMESH_MESH_KEY_FILE', elsewhere);
    await expect(settleMeshKey(config)).rejects.toMatchObject({ code: 'MESH_KEY_OTHER' });
    rmSync(keyFile);
    const { config: used } = await openJoinConfig(makeAgentCommand(), { state, join: ['build1'] });
    expect(used.mesh.keyFile).toBe(elsewhere);
    expect(await settleMeshKey(used)).toEqual([]);
    expect(existsSync(keyFile)).toBe(false);
  });
});

describe('bulkmesh key', () => {
  it('changes the key in two steps, tells ids alone, and says what to do on the other hosts', async () => {
    const file = join(site.state, 'mesh.key');
    writeFileSync(file, one, { mode: 0o600 });
    const before = viewKey(file);
    const rotated = await runCli(['key', 'rotate'], { cwd: site.dir });
    expect(rotated.stdout).toContain(`copy ${file} to every other host`);
    expect(rotated.stdout).not.toContain(one);
    const after = viewKey(file);
    expect(after).toMatchObject({ mesh: before?.mesh, previous: before?.current });
    const retired = await runCli(['key', 'retire', '--json'], { cwd: site.dir });
    expect(JSON.parse(retired.stdout)).toEqual({ ...after, previous: null });
    expect(viewKey(file)?.previous).toBeUndefined();
  });
});

describe('agent --join', () => {
  it('starts on a host with nothing but the program and a key in the environment', async () => {
    const state = join(site.dir, 'home');
    const args = [
      'agent',
      '--join',
      '127.0.0.1:1',
      '--state',
      state,
      '--listen',
      '127.0.0.1:0',
      '--slots',
      '1',
    ];
    const agent = startCli(args, { cwd: join(site.dir, 'pkgsrc'), env: { BULKMESH_MESH_KEY: one } });
    try {
      await agent.waitFor(/the agent is ready/);
    } finally {
      agent.child.kill('SIGTERM');
    }
    const { code, stdout } = await agent.ended;
    expect([code, stdout]).toEqual([0, expect.stringContaining(`made  ${state}/bulkmesh/mesh.key`)]);
  });
});
