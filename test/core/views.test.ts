import { describe, expect, it } from 'vitest';
import type { AgentState } from '../../src/core/agent.ts';
import { explainIdle } from '../../src/core/idleView.ts';
import { planId, sessionId, taskName } from '../../src/core/ids.ts';
import { listOwners, viewMesh, viewPeers } from '../../src/core/meshView.ts';
import { explainTask } from '../../src/core/taskView.ts';
import { createDriver } from './driver.ts';
import { loneMesh, makeLife } from './lives.ts';
import { built, failed, makeFact, makePlan } from './samples.ts';
import { createTalk, helloOf, plan1 } from './talk.ts';

const where = (state: AgentState, task: string) => explainTask(state, planId('plan'), taskName(task));

const idleKind = (state: AgentState): string | undefined => explainIdle(state)?.kind;

describe('explainIdle', () => {
  it('tells of a host that nothing keeps from work why it has none', () => {
    const driver = createDriver(2);
    expect(explainIdle(driver.state)).toEqual({ kind: 'noPlan' });
    driver.add(makePlan({ a: [[], 9], b: [['a'], 5], c: [['b'], 2] }));
    expect(explainIdle(driver.state)).toEqual({ kind: 'sandboxes', underWay: 2, failures: 0 });
    driver.missPrepare('build-1');
    expect(explainIdle(driver.state)).toMatchObject({ underWay: 1, failures: 1 });
    driver.prepare('build-2');
    expect(explainIdle(driver.state)).toEqual({ kind: 'nothingReady', waiting: 2 });
    driver.end('build-2', built);
    driver.prepareAll();
    driver.end('build-2', built);
    driver.prepareAll();
    expect(explainIdle(driver.state)).toEqual({ kind: 'nothingLeft' });
    driver.send({ kind: 'planStopped', planId: planId('plan'), mode: 'drain' });
    expect(explainIdle(driver.state)).toEqual({ kind: 'stopped', planIds: ['plan'] });
    driver.send({ kind: 'drained', isDrained: true });
    expect(explainIdle(driver.state)).toEqual({ kind: 'drained' });
    driver.send({ kind: 'shutdown', mode: 'drain' });
    expect(explainIdle(driver.state)).toEqual({ kind: 'stopping', mode: 'drain' });
  });

  it('tells of trouble, of a pause, of the disk and of what does not fit, and for how long', () => {
    const gib = 1024 ** 3;
    const driver = createDriver(2, {
      suspectTasks: 1,
      hostPause: { firstMs: 60_000, factor: 1, capMs: 60_000 },
    });
    driver.measure({});
    const sizes = { a: { memoryBytes: 40 * gib }, b: { memoryBytes: 40 * gib } };
    driver.add(makePlan({ a: [[], 9], b: [[], 5] }, sizes));
    driver.prepareAll();
    expect(explainIdle(driver.state)).toMatchObject({ kind: 'room', task: 'b', what: 'memory' });
    driver.measure({ diskFreeBytes: gib });
    expect(explainIdle(driver.state)).toMatchObject({ kind: 'disk', isFull: true, freeBytes: gib });
    driver.measure({});
    driver.trouble('build-1', 'network');
    expect(explainIdle(driver.state, 20_000)).toEqual({ kind: 'troubled', leftMs: 40_000, troubled: 1 });
    expect(where(driver.state, 'a')).toMatchObject({ kind: 'paused', attempts: 1 });
    driver.tick(60_000);
    driver.prepareAll();
    expect(idleKind(driver.state)).toBe('probing');
  });

  it('tells which task waits for files, and from whom they come', () => {
    const driver = createDriver(1);
    const { state } = driver;
    state.mesh = { ...loneMesh, sharedFiles: false };
    const session = sessionId(1);
    driver.send({ kind: 'sessionUp', session, hello: helloOf('other'), isDialler: true });
    const origin = makeLife('other');
    const message = { kind: 'lead', ballot: { n: 9, life: origin } } as const;
    driver.send({ kind: 'message', session, message });
    const fact = makeFact('a', built, { origin });
    driver.add({ ...makePlan({ a: [[], 1], b: [['a'], 1], c: [['b'], 1] }), files: true }, 'plan', [fact]);
    expect(explainIdle(state)).toEqual({ kind: 'notGranted', ready: 1, coordinator: 'other' });
    const item = { planId: plan1, task: taskName('b'), token: fact.token, again: false, duplicate: false };
    const grant = {
      kind: 'grant',
      ballot: message.ballot,
      items: [{ ...item, cores: 1, rivals: 0 }],
    } as const;
    driver.send({ kind: 'message', session, message: grant });
    const files = { kind: 'files', planId: plan1, task: 'b', missing: 1 } as const;
    expect(explainIdle(state)).toEqual({ ...files, from: ['other'] });
    expect(where(state, 'b')).toEqual({ kind: 'granted', host: 'h1', missing: 1 });
    driver.send({ kind: 'fileFetched', planId: plan1, task: taskName('a') });
    expect(idleKind(state)).toBe('sandboxes');
    driver.send({ kind: 'planFits', planId: plan1, isFit: false });
    expect(explainIdle(state)).toEqual({ kind: 'unfit', planIds: [plan1] });
  });
});

describe('explainTask', () => {
  it('tells what a task waits for, where it runs, and what blocks it', () => {
    const driver = createDriver(1);
    driver.add(makePlan({ a: [[], 9], b: [['a'], 5], c: [['b'], 2], z: [[], 1] }));
    expect(where(driver.state, 'nothing')).toBeUndefined();
    expect(where(driver.state, 'a')).toEqual({ kind: 'ready', isStarved: false, isCertain: true });
    driver.prepareAll();
    expect(where(driver.state, 'a')).toEqual({ kind: 'running', host: 'h1', slot: 'build-1' });
    expect(where(driver.state, 'c')).toEqual({ kind: 'waiting', needs: ['b'] });
    driver.end('build-1', failed);
    expect(where(driver.state, 'a')).toMatchObject({
      kind: 'ended',
      fact: { outcome: failed },
      rebuild: undefined,
    });
    expect(where(driver.state, 'c')).toEqual({ kind: 'blocked', by: ['a'] });
  });

  it('tells at the coordinator who holds a task', () => {
    const hosts = ['a', 'b'];
    const talk = createTalk(hosts);
    talk.connect('a', 'b');
    talk.pass(5_000);
    const plan = makePlan({ x: [[], 90_000], y: [[], 60_000], z: [[], 60_000] });
    for (const host of hosts) talk.send(host, { kind: 'planAdded', planId: plan1, plan, entries: [] });
    talk.pass(3_000);
    const leader = hosts.find((host) => viewMesh(talk.state(host)).role === 'leading') ?? '';
    const owned = listOwners(talk.state(leader), plan1);
    expect(owned.length).toBeGreaterThan(0);
    for (const { task, life } of owned) {
      expect(where(talk.state(leader), task)).toEqual({ kind: 'granted', host: life.host, missing: 0 });
    }
  });
});

describe('viewPeers', () => {
  it('tells what another host is, and when it was last heard', () => {
    const driver = createDriver(1);
    const session = sessionId(1);
    driver.send({ kind: 'sessionUp', session, hello: helloOf('other'), isDialler: true });
    const seen = {
      platform: 'test',
      runs: 1,
      cores: 1,
      status: 'alive',
      isConnected: true,
      heardAgoMs: 1_500,
    };
    expect(viewPeers(driver.state, 1_500)).toMatchObject([seen]);
    driver.send({ kind: 'sessionDown', session });
    expect(viewPeers(driver.state)).toMatchObject([{ status: 'suspect', isConnected: false }]);
  });
});
