import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BuildEvent } from '../../agent/control/protocol.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { type FakeAgent, type FakeScript, finish, startFakeAgent } from './fake-agent.ts';
import { makeSite, runCli, startCli, type TestSite } from './run.ts';
import { noCounts } from './ui/samples.ts';

let site: TestSite;
let agent: FakeAgent;
const begin = async (script: FakeScript): Promise<void> => {
  agent = await startFakeAgent(site.state, script);
};
const tellAll = (fake: FakeAgent, ...events: readonly BuildEvent[]): void => {
  for (const event of events) fake.tell(event);
};
const started: BuildEvent = { kind: 'started', pkg: 'zlib-1.3', slot: 'build-1', jobs: 1, atMs: 0 };
const built: BuildEvent = {
  kind: 'ended',
  pkg: 'zlib-1.3',
  slot: 'build-1',
  outcome: { kind: 'built', digest: 'sha256:00', sizeBytes: 1 },
  wallMs: 1000,
  blocks: 0,
  counts: { ...noCounts, total: 2, built: 1, ready: 1 },
};
const broke: BuildEvent = {
  kind: 'ended',
  pkg: 'bc-1.0',
  slot: 'build-1',
  outcome: { kind: 'failed', class: 'package', stage: 'build', reason: 'cc: exit code 1' },
  wallMs: 1000,
  blocks: 1,
  counts: { ...noCounts, total: 2, failed: 1, blocked: 1 },
};

beforeEach(async () => {
  site = await makeSite();
});
afterEach(async () => {
  await agent.close();
  await site.remove();
});

describe('build through a running agent', () => {
  it('shows a line per event without a terminal, then the summary, and ends with 0 when all is built', async () => {
    await begin({ onBuild: (fake) => tellAll(fake, started, built, finish()), warnings: ['no isolation'] });
    const { code, stdout, stderr } = await runCli(['build', 'devel/zlib', '--fresh'], { cwd: site.dir });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/warning: no isolation/);
    expect(stdout).toMatch(/\d\d:\d\d:\d\d start {2}zlib-1\.3 \(build-1\)\n/);
    expect(stdout).toMatch(/built {2}zlib-1\.3 in 1s/);
    expect(stdout).toContain('Build complete: 2 of 2 packages built.');
    expect(stdout).not.toContain('\x1b');
    expect(code).toBe(0);
    expect(agent.builds).toEqual([{ pkgpaths: ['devel/zlib'], fresh: true }]);
  });

  it('ends with 1 when a package failed, and names its stage and log', async () => {
    const counts = { ...noCounts, total: 2, failed: 1, blocked: 1 };
    await begin({ onBuild: (fake) => tellAll(fake, broke, finish({ counts })) });
    const { code, stdout } = await runCli(['build'], { cwd: site.dir });
    expect(code).toBe(1);
    expect(stdout).toContain('FAILED bc-1.0 in build after 1s: cc: exit code 1; blocks 1 package');
    expect(stdout).toContain('/nowhere/bc-1.0/build.log');
    expect(stdout).toContain('bulkmesh log bc-1.0');
  });

  it('ends with 1 when a package could not be resolved', async () => {
    await begin({ onBuild: (fake) => fake.tell(finish({ unresolved: 1 })) });
    expect((await runCli(['build'], { cwd: site.dir })).code).toBe(1);
  });

  it('ends with 1 when only the scan of a path failed', async () => {
    await begin({ onBuild: (fake) => fake.tell(finish({ scanFailures: 1 })) });
    expect((await runCli(['build'], { cwd: site.dir })).code).toBe(1);
  });

  it('ends with 2 and the agent’s words when the build could not go on', async () => {
    const error = {
      code: 'TREE_NO_PBULK_INDEX',
      message: 'the tree has no pbulk-index',
      hint: 'take a whole tree',
    };
    await begin({ onBuild: (fake) => fake.tell(finish({ ending: 'failed', error })) });
    const { code, stderr } = await runCli(['build'], { cwd: site.dir });
    expect([code, stderr]).toEqual([2, 'bulkmesh: the tree has no pbulk-index\n  take a whole tree\n']);
  });

  it('ends with 2 when the agent refuses', async () => {
    await begin({
      refusal: new BulkmeshError('BUILD_RUNNING', 'a build runs already', { hint: 'see status' }),
    });
    const { code, stderr } = await runCli(['build'], { cwd: site.dir });
    expect([code, stderr]).toEqual([2, 'bulkmesh: a build runs already\n  see status\n']);
  });

  it('ends with 2 when the agent goes away', async () => {
    await begin({});
    const run = startCli(['build'], { cwd: site.dir });
    await run.waitFor(/begins/);
    await agent.close();
    const { code, stderr } = await run.ended;
    expect(code).toBe(2);
    expect(stderr).toContain('the agent went away before the build ended');
  });

  it('ends with 2 when the build was stopped elsewhere, and says that the next one goes on', async () => {
    await begin({ onBuild: (fake) => fake.tell(finish({ ending: 'stopped' })) });
    const { code, stdout, stderr } = await runCli(['build'], { cwd: site.dir });
    expect(code).toBe(2);
    expect(stdout).toContain('Build stopped');
    expect(stderr).toMatch(
      /^bulkmesh: the build was stopped elsewhere.*\n.*the next build goes on with it\n$/,
    );
  });

  it('takes package paths with the slash that a shell adds, and refuses what is none before it asks', async () => {
    await begin({ onBuild: (fake) => fake.tell(finish()) });
    await runCli(['build', 'devel/zlib/', 'math/bc//'], { cwd: site.dir });
    for (const word of ['zlib', '../etc/passwd', '/devel/zlib', '/']) {
      const { code, stdout, stderr } = await runCli(['build', 'devel/zlib', word], { cwd: site.dir });
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(`bulkmesh: "${word}" is not a PKGPATH`);
    }
    expect(agent.builds).toEqual([{ pkgpaths: ['devel/zlib', 'math/bc'], fresh: false }]);
  });

  it('names what it was given in what to do next', async () => {
    await begin({ onBuild: (fake) => fake.tell(finish({ ending: 'stopped' })) });
    const { stdout } = await runCli(['-c', site.config, 'build', 'math/bc']);
    expect(stdout).toContain(`"bulkmesh -c ${site.config} build math/bc" goes on where this one stopped`);
  });

  it('says that an earlier build goes on', async () => {
    await begin({ resumed: true, onBuild: (fake) => fake.tell(finish()) });
    expect((await runCli(['build'], { cwd: site.dir })).stdout).toContain('Going on with build');
  });

  it('goes on when its reader has gone away', async () => {
    await begin({ onBuild: (fake) => fake.tell(started), onStop: (fake) => fake.tell(finish()) });
    const run = startCli(['build'], { cwd: site.dir });
    await run.waitFor(/start {2}zlib/);
    run.child.stdout?.destroy();
    for (let i = 0; i < 50; i += 1) agent.tell(built);
    agent.tell(finish());
    const { code, stderr } = await run.ended;
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe('Ctrl-C', () => {
  const stopped = finish({ ending: 'stopped' });

  it('once lets what runs finish, and ends with 130', async () => {
    await begin({ onBuild: (fake) => fake.tell(started), onStop: (fake) => tellAll(fake, built, stopped) });
    const run = startCli(['build'], { cwd: site.dir });
    await run.waitFor(/start {2}zlib/);
    run.child.kill('SIGINT');
    const { code, stdout } = await run.ended;
    expect(agent.stops).toEqual(['drain']);
    expect(stdout).toContain('what runs may finish, nothing new starts. Ctrl-C again stops at once.');
    expect(stdout).toContain('"bulkmesh build" goes on where this one stopped');
    expect(code).toBe(130);
  });

  it('twice stops at once', async () => {
    await begin({
      onBuild: (fake) => fake.tell(started),
      onStop: (fake, mode) => {
        if (mode === 'now') fake.tell(stopped);
      },
    });
    const run = startCli(['build'], { cwd: site.dir });
    await run.waitFor(/start {2}zlib/);
    run.child.kill('SIGINT');
    await run.waitFor(/Ctrl-C again/);
    run.child.kill('SIGINT');
    const { code, stdout } = await run.ended;
    expect(agent.stops).toEqual(['drain', 'now']);
    expect(stdout).toContain('Stopping now');
    expect(code).toBe(130);
  });
});

describe('a terminal that goes away', () => {
  it('ends only the watching of a build that an agent of its own process does', async () => {
    await begin({ onBuild: (fake) => fake.tell(started) });
    const run = startCli(['build'], { cwd: site.dir });
    await run.waitFor(/start {2}zlib/);
    run.child.kill('SIGHUP');
    const { code, stderr } = await run.ended;
    expect([code, stderr]).toEqual([130, '']);
    expect(agent.stops).toEqual([]);
  });
});
