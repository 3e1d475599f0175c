import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SandboxInfo } from '../../agent/control/protocol.ts';
import { type FakeAgent, startFakeAgent } from './fake-agent.ts';
import { makeSite, runCli, type TestSite } from './run.ts';

const sandboxes: readonly SandboxInfo[] = [
  { slot: 'build-1', state: 'running', dir: '/var/s/build-1', pid: 4711, pkg: 'zlib-1.3' },
  { slot: 'build-2', state: 'ready', dir: '/var/s/build-2', pid: undefined, pkg: undefined },
];
let site: TestSite;
let agent: FakeAgent;
beforeEach(async () => {
  site = await makeSite();
  agent = await startFakeAgent(site.state, { sandboxes });
});
afterEach(async () => {
  await agent.close();
  await site.remove();
});
const run = (...args: string[]) => runCli(['sandbox', ...args], { cwd: site.dir });

describe('sandbox', () => {
  it('list shows slots, states, packages and places', async () => {
    const { code, stdout } = await run('list');
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['NAME', 'STATE', 'PACKAGE', 'AGE', 'SIZE', 'GOES IN', 'PID', 'DIRECTORY'],
      ['build-1', 'running', 'zlib-1.3', '-', '-', '-', '4711', '/var/s/build-1'],
      ['build-2', 'ready', '-', '-', '-', '-', '-', '/var/s/build-2'],
      [''],
    ]);
    expect(JSON.parse((await run('list', '--json')).stdout)).toHaveLength(2);
  });

  it('destroy asks the agent, and only for a slot that exists', async () => {
    expect((await run('destroy', 'build-2')).code).toBe(0);
    const { code, stderr } = await run('destroy', 'build-3');
    expect(code).toBe(2);
    expect(stderr).toContain('there is no sandbox "build-3"');
    expect(stderr).toContain('build-1, build-2');
    expect(agent.destroyed).toEqual(['build-2']);
  });

  it('enter says why a sandbox without an inside cannot be entered', async () => {
    const { code, stderr } = await run('enter', 'build-2', '--', 'ls', '-c', '/x');
    expect(code).toBe(2);
    expect(stderr).toContain('sandbox build-2 has no inside to enter (ready)');
  });
});

describe.skipIf(process.getuid?.() !== 0 || !existsSync('/usr/bin/nsenter'))(
  'sandbox enter (skips without root and nsenter)',
  () => {
    it('finds programs of the prefix that the configuration names', async () => {
      await writeFile(site.config, '[pkgsrc]\nprefix = "/opt/pkg"\n');
      await agent.close();
      // Any process has an inside: this one's is the host itself.
      const own: SandboxInfo = {
        slot: 'build-1',
        state: 'ready',
        dir: '/',
        pid: process.pid,
        pkg: undefined,
      };
      agent = await startFakeAgent(site.state, { sandboxes: [own] });
      const { code, stdout, stderr } = await run('enter', 'build-1', '--', '/bin/sh', '-c', 'echo $PATH');
      expect([stderr, code, stdout]).toEqual([
        '',
        0,
        '/sbin:/bin:/usr/sbin:/usr/bin:/opt/pkg/sbin:/opt/pkg/bin\n',
      ]);
    });
  },
);

describe('status', () => {
  it('shows the agent and what it does, or all of it as JSON', async () => {
    const text = await runCli(['status'], { cwd: site.dir });
    expect(text.code).toBe(0);
    expect(text.stdout).toContain('agent on fakehost, pid 4711');
    expect(text.stdout.split('\n').slice(-3)).toEqual([
      'idle',
      'last build 20261123T104800Z-abc123: ended before any package was begun',
      '',
    ]);
    const json: unknown = JSON.parse((await runCli(['status', '--json'], { cwd: site.dir })).stdout);
    expect(json).toMatchObject({ pid: 4711, snapshot: { phase: 'idle' } });
  });
});
