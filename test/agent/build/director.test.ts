import { rmSync } from 'node:fs';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CourseMesh } from '../../../agent/build/course.ts';
import { createDirector, type Director } from '../../../agent/build/director.ts';
import { createLives, type Lives } from '../../../agent/build/lives.ts';
import type { BuildEvent, BuildSummary } from '../../../agent/control/protocol.ts';
import { agentPaths } from '../../../agent/paths.ts';
import { createProgress, type Progress } from '../../../agent/progress.ts';
import { createAgent } from '../../../src/core/agent.ts';
import { buildId, type PlanId, planId, taskName } from '../../../src/core/ids.ts';
import type { Event } from '../../../src/core/input.ts';
import { BulkmeshError } from '../../../src/errors.ts';
import type { SandboxDriver } from '../../../src/sandbox/driver.ts';
import { createNoneDriver } from '../../../src/sandbox/none/driver.ts';
import { openStore, type Store } from '../../../src/store/open.ts';
import { makeAttempt, makeFact } from '../../store/makeFact.ts';
import { type FakeTree, layFakeTree } from '../support/fake-tree.ts';

/** A director without a loop: the test is the core. */
interface Directed {
  readonly director: Director;
  readonly lives: Lives;
  readonly progress: Progress;
  readonly pushed: Event[];
  readonly events: BuildEvent[];
  /** Resolves when the director has pushed a plan. */
  planned(): Promise<PlanId>;
  /** The word of the build that has ended last. */
  ended(): Promise<BuildSummary>;
}

/** A mesh in which nobody else is. */
const soleMesh: CourseMesh = {
  pack: () => ({
    sinceMs: 0,
    terms: new Promise(() => undefined),
    seal: () => ({ platform: 'any', files: true, seal: async () => undefined, has: async () => false }),
  }),
  helpScan: () => () => ({ isWorth: () => false, index: async () => undefined }),
  planned: async () => undefined,
  listPresent: async () => [],
  collected: async () => [],
  isWhole: () => true,
  isReporter: () => true,
  account: async () => ({ slots: 1, slotSeconds: { busy: 0, sandbox: 0, starved: 0, stopped: 0 } }),
};

describe.skipIf(process.platform !== 'linux')('the director', () => {
  let tree: FakeTree;
  let store: Store;
  beforeEach(() => {
    tree = layFakeTree();
    tree.addPackage('base');
    tree.addPackage('top', { needs: ['base'] });
    store = openStore(tree.config.paths.state);
  });
  afterEach(() => {
    store.close();
    tree.remove();
  });

  const make = (
    changes: { readonly driver?: SandboxDriver; readonly store?: Store; readonly mesh?: CourseMesh } = {},
  ): Directed => {
    const core = createAgent();
    const lives = createLives();
    const pushed: Event[] = [];
    const events: BuildEvent[] = [];
    const progress = createProgress(core, () => ({ now: performance.now(), wall: Date.now() }));
    progress.subscribe((event) => events.push(event));
    let notify = (): void => {};
    const director = createDirector({
      config: tree.config,
      paths: agentPaths(tree.config),
      core,
      store,
      driver: createNoneDriver({ stateDir: tree.config.paths.state }),
      progress,
      log: pino({ enabled: false }),
      hostName: 'host',
      nameHost: (host) => host,
      lives,
      push: (event) => {
        pushed.push(event);
        notify();
      },
      ...changes,
    });
    const planOf = () => pushed.findLast((event) => event.kind === 'planAdded');
    return {
      director,
      lives,
      progress,
      pushed,
      events,
      planned: async () => {
        if (planOf() === undefined) await new Promise<void>((resolve) => (notify = resolve));
        const added = planOf();
        if (added === undefined) throw new Error('something else was pushed first');
        return added.planId;
      },
      ended: async () => {
        await director.idle();
        const last = events.findLast((event) => event.kind === 'finished');
        if (last === undefined) throw new Error('no build has ended');
        return last.summary;
      },
    };
  };
  const request = { pkgpaths: ['cat/top'], fresh: false };

  it('hands over the plan once and ends the build with the end of that plan and no other', async () => {
    const { director, lives, pushed, planned, ended, progress } = make();
    director.build(request);
    expect(lives.newest()).toBeUndefined();
    const id = await planned();
    expect(pushed).toMatchObject([{ kind: 'planAdded', entries: [], plan: { tasks: [{}, {}] } }]);
    expect(lives.newest()?.planId).toBe(id);
    expect(director.spec(undefined).opaqueDirs).toContain(tree.config.pkgsrc.prefix);
    director.planEnded(planId('another'), 'complete');
    expect(progress.standing.phase).toBe('building');
    director.planEnded(id, 'stopped');
    expect(await ended()).toMatchObject({ ending: 'stopped', error: undefined });
    expect(progress.standing).toMatchObject({ phase: 'idle', stopping: undefined, startedAtMs: undefined });
    expect(lives.newest()).toBeUndefined();
    expect(() => director.spec(undefined)).toThrow('no build');
  });

  it('sends a stop to the core as soon as the core knows the plan, and never takes "now" back', async () => {
    const { director, pushed, planned, progress, ended } = make();
    director.build(request);
    const id = await planned();
    director.stop('now');
    director.stop('drain');
    expect(pushed.slice(1)).toEqual([
      { kind: 'planStopped', planId: id, mode: 'now' },
      { kind: 'planStopped', planId: id, mode: 'drain' },
    ]);
    expect(progress.standing.stopping).toBe('now');
    director.planEnded(id, 'stopped');
    await ended();
  });

  it('hears a stop that comes while it looks which packages still stand', async () => {
    const first = make();
    const { build } = first.director.build(request);
    const id = await first.planned();
    store.addEntries([{ ...makeFact(store.life, 1), planId: id, task: taskName('base-1.0') }]);
    first.director.planEnded(id, 'stopped');
    await first.ended();

    const { director, progress, pushed, ended } = make();
    progress.subscribe((event) => {
      if (event.kind === 'warning' && event.text.includes('built again')) director.stop('drain');
    });
    expect(director.build(request)).toEqual({ build, resumed: true });
    expect(await ended()).toMatchObject({ build, ending: 'stopped', error: undefined });
    expect(pushed).toEqual([]);
    expect(store.lastBuild()).toMatchObject({ id: build, ending: 'stopped' });
  });

  it('hears a stop that comes while other hosts are told of the plan', async () => {
    const mesh: CourseMesh = {
      ...soleMesh,
      planned: async () => director.stop('drain'),
    };
    const { director, lives, pushed, ended } = make({ mesh });
    director.build(request);
    expect(await ended()).toMatchObject({ ending: 'stopped', error: undefined });
    expect([pushed, lives.list()]).toEqual([[], []]);
  });

  it('waits for no packages of other hosts when the agent ends, and leaves the report to the next life', async () => {
    const collecting = Promise.withResolvers<void>();
    const mesh: CourseMesh = {
      ...soleMesh,
      collected: (_planId, signal) => {
        collecting.resolve();
        return new Promise((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true }),
        );
      },
    };
    const { director, planned, ended } = make({ mesh });
    const { build } = director.build(request);
    director.planEnded(await planned(), 'complete');
    await collecting.promise;
    director.leave('drain');
    await ended();
    expect(store.findBuild(buildId(build))?.ending).toBeUndefined();
  });

  it('gives the core the facts that stand when it goes on, and warns of packages that went away', async () => {
    const first = make();
    first.director.build(request);
    const id = await first.planned();
    const failed = { kind: 'failed', class: 'package', stage: 'build', reason: 'exit 1' } as const;
    store.addEntries([
      { ...makeFact(store.life, 1), planId: id, task: taskName('base-1.0') },
      { ...makeFact(store.life, 2, failed), planId: id, task: taskName('top-1.0'), startedAtMs: Date.now() },
    ]);
    first.director.planEnded(id, 'stopped');
    await first.ended();

    const { director, pushed, events, planned, ended } = make();
    director.build(request);
    // Nothing is taken out of the journal of a plan: what stands is noted in another plan of the same tasks.
    const next = await planned();
    expect(next).not.toBe(id);
    const origin = store.life;
    const entries = [{ task: 'top-1.0', planId: next, origin, seq: 1, outcome: failed }];
    expect(pushed).toMatchObject([{ kind: 'planAdded', entries, plan: { tasks: [{}, {}] } }]);
    expect(store.entriesOf(next)).toMatchObject(entries);
    expect(events).toContainEqual({
      kind: 'warning',
      text: expect.stringContaining('1 packages built before'),
    });
    expect(tree.calls().filter((call) => call === 'pbulk-index top')).toHaveLength(1);
    director.planEnded(next, 'stopped');
    await ended();
  });

  it('gives the core what the attempts before taught, so that it is not learnt again', async () => {
    const first = make();
    first.director.build(request);
    const id = await first.planned();
    const attempt = { ...makeAttempt(store.life, 1), planId: id, task: taskName('base-1.0') };
    store.addEntries([attempt]);
    store.close();
    store = openStore(tree.config.paths.state);

    const { director, pushed, planned, ended } = make();
    director.build(request);
    expect(await planned()).toBe(id);
    expect(pushed).toMatchObject([{ kind: 'planAdded', entries: [attempt] }]);
    director.planEnded(id, 'stopped');
    await ended();
  });

  it('makes history of the facts of its own plan only, and of none that is the hosts’ trouble', async () => {
    const { director, planned, ended } = make();
    director.build(request);
    const id = await planned();
    const infra = { kind: 'failed', class: 'infra', stage: 'sandbox', reason: '' } as const;
    const own = { ...makeFact(store.life, 1), planId: id, task: taskName('base-1.0') };
    const rows = director.describeHistory([
      own,
      makeFact(store.life, 2),
      { ...own, seq: 3, outcome: infra },
      { ...own, seq: 4, task: taskName('unknown-1.0') },
    ]);
    expect(rows).toEqual([
      expect.objectContaining({ pkgpath: 'cat/base', pkgbase: 'base', outcome: 'built', wallMs: own.wallMs }),
    ]);
    director.planEnded(id, 'stopped');
    await ended();
    expect(director.describeHistory([own])).toEqual([]);
  });

  it('tells a scan sandbox that will not come clean even when the build was stopped', async () => {
    const driver = createNoneDriver({ stateDir: tree.config.paths.state });
    const { director, events, ended, progress } = make({
      driver: {
        ...driver,
        prepare: async (slot, spec) => {
          const sandbox = await driver.prepare(slot, spec);
          const { destroy } = sandbox;
          sandbox.destroy = async () => {
            await destroy.call(sandbox);
            throw new Error('something is still mounted');
          };
          return sandbox;
        },
      },
    });
    progress.subscribe((event) => {
      if (event.kind === 'phase' && event.phase === 'scanning') director.stop('now');
    });
    director.build(request);
    expect(await ended()).toMatchObject({ ending: 'stopped' });
    expect(events).toContainEqual({ kind: 'warning', text: expect.stringContaining('still mounted') });
  });

  it('keeps the summary of a build whose end cannot be written down', async () => {
    const full: Store = {
      ...store,
      endBuild: () => {
        throw new BulkmeshError('STORE_DISK_FULL', 'no space left');
      },
    };
    const { director, planned, ended, events } = make({ store: full });
    director.build(request);
    director.planEnded(await planned(), 'complete');
    expect(await ended()).toMatchObject({ ending: 'complete', error: undefined });
    expect(events).toContainEqual({ kind: 'warning', text: expect.stringContaining('no space left') });
    expect(events.at(-1)?.kind).toBe('finished');
  });

  it('ends with the reason when the ground is no good, and can be asked again', async () => {
    rmSync(tree.config.pkgsrc.make ?? '');
    const { director, ended } = make();
    director.build(request);
    expect(() => director.build(request)).toThrow(expect.objectContaining({ code: 'BUILD_RUNNING' }));
    expect(await ended()).toMatchObject({ ending: 'failed', error: { code: 'NO_MAKE' } });
    director.build(request);
    expect(await ended()).toMatchObject({ ending: 'failed' });
  });
});
