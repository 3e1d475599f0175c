import { describe, expect, it } from 'vitest';
import { createAgent, handle, isAtRest, snapshotPlan } from '../../src/core/agent.ts';
import { planId, slotName } from '../../src/core/ids.ts';
import { createDriver, kindsOf } from './driver.ts';
import { makeLife, tokenOf } from './lives.ts';
import { built, failed, makeFact, makePlan } from './samples.ts';

const chain = makePlan({ a: [[], 10], b: [['a'], 10] });
const fan = makePlan({ a: [[], 30], b: [[], 20], c: [[], 10] });
const plan = planId('plan');
const me = makeLife('h1');

describe('the agent', () => {
  it('makes sandboxes only when a plan has a use for them, and no more than that', () => {
    const driver = createDriver(4);
    expect(driver.tick(0)).toEqual([]);
    expect(driver.add(chain)).toMatchObject([
      { kind: 'prepare', slot: 'build-1' },
      { kind: 'prepare', slot: 'build-2' },
    ]);
  });

  it('starts the longest remaining path first, as soon as a slot is ready', () => {
    const driver = createDriver(2);
    driver.add(fan);
    expect(driver.prepareAll().filter(({ kind }) => kind === 'start')).toMatchObject([
      { slot: 'build-1', task: 'a', token: tokenOf(me, 1) },
      { slot: 'build-2', task: 'b', token: tokenOf(me, 2) },
    ]);
  });

  it('keeps a fact before it tells it, then cleans, and ends the plan only when nothing is left', () => {
    const driver = createDriver(1);
    driver.add(makePlan({ a: [[], 10] }));
    driver.prepareAll();
    driver.nowMs = 250;
    const [persist, announce, clean, planEnded, ...rest] = driver.end('build-1', built);
    expect(kindsOf(rest)).toEqual([]);
    expect(persist).toMatchObject({
      kind: 'persist',
      entries: [
        {
          task: 'a',
          token: tokenOf(me, 1),
          seq: 1,
          outcome: built,
          wallMs: 250,
          startedAtMs: 1_000_000,
          jobs: 8,
        },
      ],
    });
    expect(announce).toMatchObject({ kind: 'announce', facts: [{ task: 'a' }] });
    expect(clean).toMatchObject({ kind: 'clean', slot: 'build-1' });
    expect(planEnded).toEqual({ kind: 'planEnded', planId: 'plan', ending: 'complete' });
    expect(isAtRest(driver.state)).toBe(true);
  });

  it('goes on with a plan where its facts leave it', () => {
    const driver = createDriver(1);
    driver.add(chain, 'plan', [makeFact('a', built)]);
    driver.prepareAll();
    expect(driver.running()).toEqual(['build-1: b']);
  });

  it('ends at once a plan of which everything is known', () => {
    const effects = createDriver(1).add(chain, 'plan', [makeFact('a', failed)]);
    expect(effects).toEqual([{ kind: 'planEnded', planId: 'plan', ending: 'complete' }]);
  });

  it('skips what depends on a failure and builds the rest', () => {
    const driver = createDriver(1);
    driver.add(makePlan({ a: [[], 30], b: [['a'], 10], c: [[], 10] }));
    driver.prepareAll();
    driver.end('build-1', failed);
    driver.prepareAll();
    expect(driver.running()).toEqual(['build-1: c']);
    expect(snapshotPlan(driver.state, plan)).toMatchObject({ failed: 1, blocked: 1, running: 1 });
  });

  it('gives each slot to the plan that holds fewest tasks, and what that leaves to the other', () => {
    const driver = createDriver(2);
    driver.add(chain, 'first');
    driver.add(fan, 'second');
    driver.prepareAll();
    expect(driver.running()).toEqual(['build-1: a', 'build-2: a']);
    expect(snapshotPlan(driver.state, planId('first'))?.running).toBe(1);
    driver.end('build-1', built);
    driver.prepareAll();
    expect(driver.running()).toEqual(['build-1: b', 'build-2: a']);
    expect(driver.end('build-1', built)).toContainEqual({
      kind: 'planEnded',
      planId: 'first',
      ending: 'complete',
    });
  });

  it('drains: what runs ends, nothing starts, the slots are cleaned, then the plan is stopped', () => {
    const driver = createDriver(2);
    driver.add(fan);
    driver.prepareAll();
    expect(kindsOf(driver.send({ kind: 'planStopped', planId: plan, mode: 'drain' }))).toEqual([]);
    expect(kindsOf(driver.end('build-1', built))).toEqual(['persist', 'announce', 'clean']);
    expect(kindsOf(driver.end('build-2', built))).toEqual(['persist', 'announce', 'clean', 'planEnded']);
    expect(snapshotPlan(driver.state, plan)).toMatchObject({ built: 2, ready: 1 });
  });

  it('stops now: kills what runs, without holding it against anybody', () => {
    const driver = createDriver(1);
    driver.add(fan);
    driver.prepareAll();
    driver.send({ kind: 'planStopped', planId: plan, mode: 'drain' });
    expect(driver.send({ kind: 'planStopped', planId: plan, mode: 'now' })).toMatchObject([
      { kind: 'cancel', slot: 'build-1', token: tokenOf(me, 1) },
    ]);
    expect(driver.send({ kind: 'planStopped', planId: plan, mode: 'now' })).toEqual([]);
    expect(driver.trouble('build-1', 'killed')).toMatchObject([
      { kind: 'clean', slot: 'build-1' },
      { kind: 'planEnded', planId: 'plan', ending: 'stopped' },
    ]);
    expect(driver.state.plans[0]?.records.size).toBe(0);
  });

  it('counts a run that ends well in the moment of its kill', () => {
    const driver = createDriver(1);
    driver.add(makePlan({ a: [[], 10] }));
    driver.prepareAll();
    driver.send({ kind: 'shutdown', mode: 'now' });
    expect(driver.end('build-1', built)).toContainEqual({
      kind: 'planEnded',
      planId: 'plan',
      ending: 'complete',
    });
  });

  it('after a shutdown cleans what is ready and what becomes so, and starts no plan any more', () => {
    const driver = createDriver(2);
    driver.add(fan);
    driver.prepare('build-1');
    driver.send({ kind: 'shutdown', mode: 'drain' });
    expect(kindsOf(driver.prepare('build-2'))).toEqual(['clean']);
    driver.clean('build-2');
    driver.end('build-1', built);
    expect(isAtRest(driver.state)).toBe(true);
    expect(driver.add(fan, 'later')).toEqual([{ kind: 'planEnded', planId: 'later', ending: 'stopped' }]);
  });

  it('ignores and notes an answer of an attempt that is over', () => {
    const driver = createDriver(1);
    driver.add(chain);
    driver.prepareAll();
    const [persist] = driver.end('build-1', built);
    if (persist?.kind !== 'persist' || persist.entries[0] === undefined) throw new Error('no fact');
    const { token } = persist.entries[0];
    driver.prepareAll();
    const late = {
      kind: 'ended',
      outcome: failed,
      steps: [],
      cpuMs: 0,
      diskBytes: 0,
      memoryBytes: 0,
    } as const;
    expect(driver.send({ kind: 'runEnded', slot: slotName('build-1'), token, result: late })).toEqual([
      { kind: 'note', note: { kind: 'staleResult', slot: 'build-1', token } },
    ]);
    expect(driver.running()).toEqual(['build-1: b']);
  });

  it('does not touch a live plan that comes a second time', () => {
    const driver = createDriver(1);
    driver.add(chain);
    driver.prepareAll();
    expect(driver.add(chain, 'plan', [makeFact('b', failed)])).toEqual([]);
    expect(driver.running()).toEqual(['build-1: a']);
  });

  it('asks for one wake at the earliest deadline, and again when a tick comes too early', () => {
    const driver = createDriver(1);
    driver.add(chain);
    expect(driver.missPrepare('build-1')).toMatchObject([{ kind: 'wake', at: 1_000 }, { kind: 'note' }]);
    expect(driver.tick(999)).toEqual([{ kind: 'wake', at: 1_000 }]);
    expect(kindsOf(driver.tick(1_000))).toEqual(['prepare']);
  });

  it('takes a clock that goes back, or an event before its boot, for the bug that it is', () => {
    const driver = createDriver(1);
    driver.tick(5);
    expect(() => driver.tick(4)).toThrow(/clock went back/);
    expect(() => handle(createAgent(), { kind: 'tick' }, { now: 0, wall: 0 })).toThrow(
      /before the agent had booted/,
    );
  });
});
