import { describe, expect, it } from 'vitest';
import { snapshotPlan } from '../../src/core/agent.ts';
import { planId } from '../../src/core/ids.ts';
import { createDriver, kindsOf } from './driver.ts';
import { makeLife, tokenOf } from './lives.ts';
import { built, makePlan } from './samples.ts';

const one = makePlan({ a: [[], 10] });
const plan = planId('plan');

describe('a run that ends in trouble', () => {
  it('is no failure of its task: it is noted, for ever and for people, and the task runs again on a fresh sandbox', () => {
    const driver = createDriver(1);
    driver.add(one);
    driver.prepareAll();
    const effects = driver.trouble('build-1', 'sandbox');
    expect(kindsOf(effects)).toEqual(['persist', 'clean', 'note', 'prepare']);
    const outcome = { kind: 'troubled', trouble: 'sandbox', alone: false, hostSuspect: false };
    expect(effects[0]).toMatchObject({ entries: [{ task: 'a', seq: 1, outcome }] });
    expect(effects[2]).toMatchObject({
      note: { kind: 'attemptTroubled', task: 'a', trouble: 'sandbox', attempt: 1 },
    });
    expect(driver.prepareAll()).toMatchObject([
      { kind: 'start', task: 'a', token: tokenOf(makeLife('h1'), 2) },
    ]);
  });

  it('fails its task with class infra at the third attempt, by a fact like any other', () => {
    const driver = createDriver(1);
    driver.add(makePlan({ a: [[], 10], b: [['a'], 10] }));
    for (const attempt of [1, 2]) {
      driver.prepareAll();
      expect(kindsOf(driver.trouble('build-1', 'sandbox')), `attempt ${attempt}`).not.toContain('announce');
    }
    driver.prepareAll();
    const [attempt, fact, announce] = driver.trouble('build-1', 'sandbox');
    expect(attempt).toMatchObject({ kind: 'persist', entries: [{ seq: 3, outcome: { kind: 'troubled' } }] });
    expect(fact).toMatchObject({
      kind: 'persist',
      entries: [{ task: 'a', seq: 4, outcome: { kind: 'failed', class: 'infra', stage: 'sandbox' } }],
    });
    expect(announce?.kind).toBe('announce');
    expect(snapshotPlan(driver.state, plan)).toMatchObject({ failed: 1, blocked: 1 });
  });

  it('is remembered after a restart: what ran out of memory runs alone, what timed out has one try left', () => {
    const plan = makePlan({ big: [[], 20], slow: [[], 10], c: [[], 5] });
    const before = createDriver(2);
    before.add(plan);
    before.prepareAll();
    const told = [...before.trouble('build-1', 'out-of-memory'), ...before.trouble('build-2', 'timeout')];
    const entries = told.flatMap((effect) => (effect.kind === 'persist' ? effect.entries : []));
    const driver = createDriver(2);
    driver.add(plan, 'plan', entries);
    const starts = driver.prepareAll().filter(({ kind }) => kind === 'start');
    expect(starts).toMatchObject([{ task: 'big', jobs: 4 }]);
    driver.end('build-1', built);
    driver.prepareAll();
    const slot =
      driver
        .running()
        .find((line) => line.endsWith('slow'))
        ?.split(':')[0] ?? '';
    expect(driver.trouble(slot, 'timeout', 'build')).toContainEqual(
      expect.objectContaining({
        kind: 'announce',
        facts: [
          expect.objectContaining({ task: 'slow', outcome: expect.objectContaining({ class: 'timeout' }) }),
        ],
      }),
    );
  });

  it('lets another task go first while it pauses', () => {
    const driver = createDriver(1);
    driver.add(makePlan({ a: [[], 20], b: [[], 10] }));
    driver.prepareAll();
    driver.trouble('build-1', 'missing-dependency');
    driver.prepareAll();
    expect(driver.running()).toEqual(['build-1: b']);
    expect(snapshotPlan(driver.state, plan)?.ready).toBe(1);
  });

  it('holds the whole host when the disk is full, rather than burning the attempts of others', () => {
    const driver = createDriver(2);
    driver.add(makePlan({ a: [[], 30], b: [[], 20], c: [[], 10] }));
    driver.prepareAll();
    const effects = driver.trouble('build-1', 'disk-full');
    expect(kindsOf(effects)).toEqual(['persist', 'clean', 'wake', 'note']);
    driver.end('build-2', built);
    expect(driver.running()).toEqual([]);
    driver.tick(10_000);
    driver.prepareAll();
    expect(driver.running(), 'one probe').toEqual(['build-1: c']);
  });
});

describe('the cores', () => {
  it('go to what stands alone, are shared by what stands side by side, and favour the long path', () => {
    const jobsOf = (plan: Parameters<typeof makePlan>[0], more: Parameters<typeof makePlan>[1] = {}) => {
      const driver = createDriver(4, {}, 8);
      driver.add(makePlan(plan, more));
      return driver
        .prepareAll()
        .flatMap((effect) => (effect.kind === 'start' ? [[effect.task, effect.jobs]] : []));
    };
    expect(jobsOf({ a: [[], 10] })).toEqual([['a', 8]]);
    expect(jobsOf({ a: [[], 10] }, { a: { jobsSafe: false } })).toEqual([['a', 1]]);
    expect(jobsOf({ a: [[], 10], b: [[], 10], c: [[], 10], d: [[], 10] })).toEqual([
      ['a', 8],
      ['b', 8],
      ['c', 4],
      ['d', 4],
    ]);
    expect(jobsOf({ long: [[], 1000], b: [[], 10], c: [[], 10] })).toEqual([
      ['long', 8],
      ['b', 3],
      ['c', 3],
    ]);
  });
});
