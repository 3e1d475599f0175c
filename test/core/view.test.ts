import { describe, expect, it } from 'vitest';
import {
  expectedRemainingMs,
  listBlocked,
  lowerBoundMs,
  slotSeconds,
  slotViews,
  snapshotPlan,
} from '../../src/core/agent.ts';
import { planId, taskName } from '../../src/core/ids.ts';
import { createDriver } from './driver.ts';
import { makeLife, tokenOf } from './lives.ts';
import { built, failed, makePlan } from './samples.ts';

const plan = planId('plan');

describe('what an agent tells about a plan', () => {
  it('is nothing when it does not know the plan', () => {
    const { state } = createDriver(1);
    for (const tell of [snapshotPlan, lowerBoundMs, slotSeconds]) expect(tell(state, plan)).toBeUndefined();
    expect(expectedRemainingMs(state, plan, 0)).toBeUndefined();
  });

  it('expects the longest path or the shared work, whichever is longer, less what runs have done', () => {
    const driver = createDriver(2);
    driver.add(makePlan({ a: [[], 1_000], b: [['a'], 500], c: [[], 100] }));
    driver.prepareAll();
    expect(expectedRemainingMs(driver.state, plan, 0)).toBe(1_500);
    expect(expectedRemainingMs(driver.state, plan, 400)).toBe(1_100);
    expect(expectedRemainingMs(driver.state, plan, 9_000), 'an overdue task ends any moment').toBe(500);
  });

  it('learns from what was built how far estimates can be trusted', () => {
    const driver = createDriver(1, { paceInertia: 0 });
    driver.add(makePlan({ a: [[], 1_000], b: [['a'], 1_000] }));
    driver.prepareAll();
    driver.nowMs = 3_000;
    driver.end('build-1', built);
    expect(expectedRemainingMs(driver.state, plan, 3_000)).toBeCloseTo(3_000, -1);
  });

  it('names what a failure blocks, and bounds the makespan by the times that tasks really took', () => {
    const driver = createDriver(2);
    driver.add(makePlan({ a: [[], 10], b: [['a'], 10], c: [['b'], 10], d: [[], 30] }));
    driver.prepareAll();
    driver.nowMs = 40;
    driver.end('build-1', failed);
    driver.nowMs = 70;
    driver.end('build-2', built);
    expect(listBlocked(driver.state, plan, taskName('a'))).toEqual(['b', 'c']);
    expect(listBlocked(driver.state, plan, taskName('d'))).toEqual([]);
    expect(lowerBoundMs(driver.state, plan)).toBe(70);
    expect(snapshotPlan(driver.state, plan)).toEqual({
      total: 4,
      built: 1,
      failed: 1,
      blocked: 2,
      running: 0,
      ready: 0,
      waiting: 0,
    });
  });

  it('accounts for every slot-second up to the end, and none after', () => {
    const driver = createDriver(2);
    driver.add(makePlan({ a: [[], 10] }));
    driver.nowMs = 1_000;
    driver.prepareAll();
    driver.nowMs = 5_000;
    driver.end('build-1', built);
    driver.tick(60_000);
    expect(slotSeconds(driver.state, plan)).toEqual({ busy: 4, sandbox: 1, starved: 5, stopped: 0 });
  });

  it('shows who runs what, with how many jobs, since when', () => {
    const driver = createDriver(1);
    driver.add(makePlan({ a: [[], 10] }));
    driver.prepareAll();
    expect(slotViews(driver.state)).toEqual([
      {
        slot: 'build-1',
        state: 'running',
        isSpare: false,
        run: {
          planId: 'plan',
          task: 'a',
          token: tokenOf(makeLife('h1'), 1),
          jobs: 8,
          startedAtMs: 1_000_000,
        },
      },
    ]);
  });

  it('tells a spare sandbox from a place that is idle', () => {
    const driver = createDriver(1, { spare: 1 });
    driver.add(makePlan({ a: [[], 10], b: [['a'], 10], c: [['a'], 10] }));
    driver.prepareAll();
    const spares = () => slotViews(driver.state).map(({ slot, state, isSpare }) => [slot, state, isSpare]);
    expect(spares()).toEqual([
      ['build-1', 'running', false],
      ['build-2', 'ready', true],
    ]);
    driver.trouble('build-1', 'missing-dependency');
    driver.prepareAll();
    expect(spares(), 'nothing runs: one place is idle').toEqual([
      ['build-1', 'ready', false],
      ['build-2', 'ready', true],
    ]);
  });
});
