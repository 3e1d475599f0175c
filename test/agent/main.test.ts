import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlClient, connectAgent } from '../../agent/control/client.ts';
import type { BuildEvent, BuildSummary } from '../../agent/control/protocol.ts';
import { type RunningAgent, startAgent } from '../../agent/main.ts';
import type { Config } from '../../src/config/config.ts';
import { openStore } from '../../src/store/open.ts';
import { waitUntil } from '../sandbox/support/host.ts';
import { type FakeTree, hangAt, layFakeTree } from './support/fake-tree.ts';

/** An agent with somebody who listens to it. */
interface Watched {
  readonly agent: RunningAgent;
  readonly client: ControlClient;
  readonly events: readonly BuildEvent[];
  /** The summary of the latest build, when it has one. */
  finished(build: string): Promise<BuildSummary>;
  /** True when a make call of that target has begun. */
  reached(call: string): Promise<void>;
  end(): Promise<void>;
}

describe.skipIf(process.platform !== 'linux')('an agent that builds', () => {
  let tree: FakeTree;
  const watched: Watched[] = [];
  beforeEach(() => {
    tree = layFakeTree();
  });
  afterEach(async () => {
    tree.letGo();
    for (const one of watched.splice(0)) await one.end();
    tree.remove();
  });

  const start = async (config: Config = tree.config): Promise<Watched> => {
    const agent = await startAgent(config, { log: 'silent' });
    const client = await connectAgent(agent.socket);
    const events: BuildEvent[] = [];
    const reading = (async () => {
      for await (const event of client.events(new AbortController().signal)) events.push(event);
    })();
    await waitUntil(() => events.length > 0);
    const summaryOf = (build: string) =>
      events.flatMap((event) =>
        event.kind === 'finished' && event.summary.build === build ? [event.summary] : [],
      );
    const self: Watched = {
      agent,
      client,
      events,
      finished: async (build) => {
        await waitUntil(() => summaryOf(build).length > 0);
        const [summary] = summaryOf(build).slice(-1);
        if (summary === undefined)
          throw new Error(`${build} does not end: ${JSON.stringify(events.slice(-5))}`);
        return summary;
      },
      reached: (call) => waitUntil(() => tree.calls().includes(call)),
      end: async () => {
        agent.shutdown('now');
        await agent.stopped;
        await reading;
      },
    };
    watched.push(self);
    return self;
  };
  const build = (one: Watched, fresh = false) => one.client.build({ pkgpaths: ['cat/top'], fresh });
  const count = (call: string): number => tree.calls().filter((line) => line === call).length;
  const warnings = (one: Watched): readonly string[] =>
    one.events.flatMap((event) => (event.kind === 'warning' ? [event.text] : []));
  /** What is left of sandboxes. */
  const leftovers = (): readonly string[] => {
    const slots = join(tree.dir, 'state/slots');
    return [
      ...(existsSync(slots) ? readdirSync(slots) : []),
      ...(existsSync(join(tree.dir, 'pkg')) ? ['pkg'] : []),
    ];
  };

  it('tells each package and the end, is idle afterwards, and has nothing left', async () => {
    tree.addPackage('base');
    tree.addPackage('top', { needs: ['base'] });
    const one = await start();
    const accepted = await build(one);
    const summary = await one.finished(accepted.build);
    expect(accepted.resumed).toBe(false);
    expect(summary).toMatchObject({ ending: 'complete', counts: { total: 2, built: 2, failed: 0 } });
    const told = one.events.flatMap((event) =>
      event.kind === 'started' || event.kind === 'ended' ? [`${event.kind} ${event.pkg}`] : [],
    );
    expect(told).toEqual(['started base-1.0', 'ended base-1.0', 'started top-1.0', 'ended top-1.0']);
    const phases = one.events.flatMap((event) => (event.kind === 'phase' ? [event.phase] : []));
    expect(phases).toEqual(['preparing', 'scanning', 'resolving', 'building', 'reporting', 'idle']);
    const { snapshot } = await one.client.status();
    expect(snapshot).toMatchObject({ phase: 'idle', build: accepted.build, counts: { built: 2 }, slots: [] });
    expect([snapshot.startedAtMs, snapshot.stopping, snapshot.predictedEndMs]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(leftovers()).toEqual([]);
  });

  it('refuses a second build while one goes on, and begins a new one after its end', async () => {
    tree.addPackage('top', { hook: hangAt('all') });
    const one = await start();
    const first = await build(one);
    await one.reached('all top');
    await expect(build(one)).rejects.toMatchObject({
      code: 'BUILD_RUNNING',
      message: expect.stringContaining(first.build),
    });
    tree.letGo();
    expect((await one.finished(first.build)).ending).toBe('complete');
    const second = await build(one);
    expect(second).toMatchObject({ resumed: false });
    expect(second.build).not.toBe(first.build);
    expect((await one.finished(second.build)).counts).toMatchObject({ total: 1, built: 0, kept: 1 });
    expect(count('all top')).toBe(1);
  });

  it('stops in its scan, and has nothing to go on with then', async () => {
    tree.addPackage('top', { hook: hangAt('pbulk-index') });
    const one = await start();
    const first = await build(one);
    await one.reached('pbulk-index top');
    await one.client.stop('drain');
    const stopped = await one.finished(first.build);
    expect([stopped.ending, stopped.error]).toEqual(['stopped', undefined]);
    expect((await one.client.status()).snapshot).toMatchObject({ phase: 'idle', slots: [] });
    expect(leftovers()).toEqual([]);
    tree.letGo();
    const second = await build(one);
    expect(second.resumed).toBe(false);
    expect((await one.finished(second.build)).ending).toBe('complete');
  });

  it('lets what runs finish when it is asked to, then goes on, and builds again what somebody took away', async () => {
    tree.addPackage('base', { hook: hangAt('all') });
    tree.addPackage('top', { needs: ['base'] });
    const one = await start();
    const first = await build(one);
    await one.reached('all base');
    await one.client.stop('drain');
    await waitUntil(() => one.events.some((e) => e.kind === 'snapshot' && e.snapshot.stopping === 'drain'));
    tree.letGo();
    expect(await one.finished(first.build)).toMatchObject({ ending: 'stopped', counts: { built: 1 } });
    expect(count('all top')).toBe(0);
    await one.end();
    rmSync(tree.packageFile('base'));

    const two = await start();
    const second = await build(two);
    expect(second).toEqual({ build: first.build, resumed: true });
    expect(await two.finished(second.build)).toMatchObject({ ending: 'complete', counts: { built: 2 } });
    expect(count('all base')).toBe(2);
    expect(count('pbulk-index top')).toBe(1);
    expect(warnings(two).filter((text) => text.includes('built again'))).toHaveLength(1);
  });

  it('starts a new build when that is asked for, though the last one could go on', async () => {
    tree.addPackage('top', { hook: hangAt('all') });
    const one = await start();
    const first = await build(one);
    await one.reached('all top');
    await one.client.stop('now');
    expect(await one.finished(first.build)).toMatchObject({ ending: 'stopped', counts: { failed: 0 } });
    tree.letGo();
    const fresh = await build(one, true);
    expect(fresh.resumed).toBe(false);
    expect(fresh.build).not.toBe(first.build);
    expect((await one.finished(fresh.build)).ending).toBe('complete');
    expect(count('all top')).toBe(2);
  });

  it('kills what runs when it is to end now, blames no package, tells the end, and goes on in its next life', async () => {
    tree.addPackage('top', { hook: hangAt('all') });
    const one = await start();
    const { build: id } = await build(one);
    await one.reached('all top');
    await one.end();
    const last = one.events.at(-1);
    expect(last).toMatchObject({ kind: 'finished', summary: { build: id, ending: 'stopped' } });
    expect(warnings(one).filter((text) => text.includes('top'))).toEqual([]);
    expect(leftovers()).toEqual([]);
    expect(existsSync(one.agent.socket)).toBe(false);
    tree.letGo();
    const two = await start();
    expect(await build(two)).toEqual({ build: id, resumed: true });
    expect(await two.finished(id)).toMatchObject({ ending: 'complete', counts: { built: 1, failed: 0 } });
  });

  it('finishes what runs before it ends, if it may, and begins nothing more', async () => {
    tree.addPackage('top', { hook: hangAt('all') });
    const one = await start();
    const { build: id } = await build(one);
    await one.reached('all top');
    await one.client.shutdown('drain');
    await expect(build(one)).rejects.toMatchObject({ code: 'AGENT_ENDING' });
    tree.letGo();
    await one.agent.stopped;
    await one.end();
    expect(one.events.at(-1)).toMatchObject({
      kind: 'finished',
      summary: { build: id, ending: 'complete', counts: { built: 1 } },
    });
    const store = openStore(tree.config.paths.state);
    expect(store.openRuns()).toEqual([]);
    expect(store.lastBuild()).toMatchObject({ id, ending: 'complete' });
    store.close();
  });

  it('says what is wrong with a tree, keeps running, and builds when it was mended', async () => {
    tree.addPackage('top');
    const makefile = join(tree.config.paths.pkgsrc, 'Makefile');
    rmSync(makefile);
    const one = await start();
    const first = await build(one);
    expect(await one.finished(first.build)).toMatchObject({
      ending: 'failed',
      error: { code: 'TREE_INVALID', hint: expect.stringContaining('pkgsrc') },
    });
    writeFileSync(makefile, '');
    const second = await build(one);
    expect(second.resumed).toBe(false);
    expect((await one.finished(second.build)).ending).toBe('complete');
  });

  it('holds nothing when it could not start', async () => {
    const { paths } = tree.config;
    const state = join(tree.dir, 'x'.repeat(100));
    const config = { ...tree.config, paths: { ...paths, state } };
    for (const _ of ['once', 'twice']) {
      await expect(startAgent(config, { log: 'silent' })).rejects.toMatchObject({ code: 'CONTROL_SOCKET' });
    }
  });

  it('is the only one of its state directory', async () => {
    await start();
    await expect(startAgent(tree.config, { log: 'silent' })).rejects.toMatchObject({
      code: 'AGENT_ALREADY_RUNNING',
    });
  });

  it('renews a sandbox on a person’s word only where there is one', async () => {
    tree.addPackage('top', { hook: hangAt('all') });
    const one = await start();
    await expect(one.client.destroySandbox('build-1')).rejects.toMatchObject({ code: 'SANDBOX_UNKNOWN' });
    await build(one);
    await one.reached('all top');
    expect(await one.client.sandboxes()).toMatchObject([
      { slot: 'build-1', state: 'running', pkg: 'top-1.0' },
    ]);
    await expect(one.client.destroySandbox('build-1')).rejects.toMatchObject({ code: 'SANDBOX_BUSY' });
  });
});
