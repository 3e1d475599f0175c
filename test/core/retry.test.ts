import { describe, expect, it } from 'vitest';
import { snapshotPlan } from '../../src/core/agent.ts';
import type { Effect } from '../../src/core/effect.ts';
import { isRetry, type Retry } from '../../src/core/facts/fact.ts';
import { planId, taskName } from '../../src/core/ids.ts';
import { listEnds, listEntries } from '../../src/core/meshView.ts';
import { createDriver, type Driver } from './driver.ts';
import { makeLife, tokenOf } from './lives.ts';
import { built, failed, makeAttempt, makeFact, makePlan, makeRetry } from './samples.ts';
import { createTalk, plan1 } from './talk.ts';

/** `leaf` needs `middle`, which needs `base`. */
const chain = makePlan({ base: [[], 1], middle: [['base'], 1], leaf: [['middle'], 1] });

const retry = (driver: Driver, tasks: readonly string[] | 'all'): readonly Effect[] =>
  driver.send({
    kind: 'tasksRetried',
    planId: planId('plan'),
    tasks: tasks === 'all' ? tasks : tasks.map(taskName),
  });

describe('retryTasks', () => {
  it('opens what failed and all that waits for it again, though the plan had ended, and ends the plan anew', () => {
    const driver = createDriver(1);
    driver.add(chain);
    driver.prepareAll();
    expect(driver.end('build-1', failed)).toContainEqual(
      expect.objectContaining({ kind: 'planEnded', ending: 'complete' }),
    );
    const effects = retry(driver, 'all');
    expect(effects[0]).toMatchObject({ kind: 'persist', entries: [{ outcome: { kind: 'retried' } }] });
    expect(effects).toContainEqual({
      kind: 'note',
      note: { kind: 'retried', planId: planId('plan'), tasks: ['base'], host: 'h1' },
    });
    expect(snapshotPlan(driver.state, planId('plan'))).toMatchObject({ ready: 1, waiting: 2, failed: 0 });
    for (const _ of chain.tasks) {
      driver.prepareAll();
      driver.end('build-1', built);
    }
    expect(snapshotPlan(driver.state, planId('plan'))).toMatchObject({ built: 3, failed: 0, blocked: 0 });
  });

  it('tries again what blocks a named task, and leaves alone what is built, open or unknown', () => {
    const driver = createDriver(1);
    driver.add(
      makePlan({ base: [[], 9], middle: [['base'], 9], other: [[], 3], whole: [[], 30], open: [[], 1] }),
    );
    for (const outcome of [built, failed, failed]) {
      driver.prepareAll();
      driver.end('build-1', outcome);
    }
    const names = retry(driver, ['middle', 'whole', 'open', 'nothing']).flatMap((effect) =>
      effect.kind === 'persist' ? effect.entries.map(({ task }) => task) : [],
    );
    expect(names).toEqual(['base']);
    expect(snapshotPlan(driver.state, planId('plan'))).toMatchObject({ built: 1, failed: 1, waiting: 1 });
  });

  it('counts the tries of a task anew', () => {
    const driver = createDriver(1, {
      attemptsMax: 2,
      suspectTasks: 9,
      taskPause: { firstMs: 1, factor: 1, capMs: 1 },
    });
    driver.add(makePlan({ a: [[], 1] }));
    const tryTwice = (): void => {
      for (const _ of [1, 2]) {
        driver.tick(driver.nowMs + 10);
        driver.prepareAll();
        driver.trouble('build-1', 'sandbox');
      }
    };
    tryTwice();
    expect(listEnds(driver.state, planId('plan'))[0]?.outcome).toMatchObject({ class: 'infra' });
    retry(driver, ['a']);
    expect(listEnds(driver.state, planId('plan'))).toEqual([]);
    const [wish] = listEntries(driver.state, planId('plan')).filter(isRetry);
    expect(wish?.outcome.voids).toHaveLength(2);
    tryTwice();
    expect(listEnds(driver.state, planId('plan'))[0]?.outcome).toMatchObject({ class: 'infra' });
    retry(driver, ['a']);
    driver.tick(driver.nowMs + 10);
    driver.prepareAll();
    driver.end('build-1', built);
    expect(listEnds(driver.state, planId('plan'))[0]?.outcome.kind).toBe('built');
  });
});

describe('applyRetry', () => {
  const origin = makeLife('far');
  const failure = makeFact('base', failed, { origin, seq: 1 });
  const trouble = makeAttempt('base', {}, { origin, seq: 2 });
  const wish = makeRetry('base', [failure.token, trouble.token], { origin, seq: 3 });

  it('comes to the same whether the failures are known before, come later, or are in the store', () => {
    const orders = [
      [failure, trouble, wish],
      [wish, trouble, failure],
    ];
    for (const entries of orders) {
      const driver = createDriver(1);
      driver.add(chain, 'plan', entries);
      expect(snapshotPlan(driver.state, planId('plan'))).toMatchObject({ ready: 1, waiting: 2, failed: 0 });
      expect(driver.state.plans[0]?.records.size).toBe(0);
    }
  });

  it('leaves a task failed that failed otherwise as well', () => {
    const other = makeFact('base', failed, { origin, seq: 4, token: tokenOf(origin, 77) });
    const driver = createDriver(1);
    driver.add(chain, 'plan', [failure, trouble, wish, other]);
    expect(listEnds(driver.state, planId('plan'))).toEqual([other]);
    expect(snapshotPlan(driver.state, planId('plan'))).toMatchObject({ failed: 1, blocked: 2 });
  });

  it('reaches all hosts, who build what one of them had failed to build', () => {
    const talk = createTalk(['a', 'b']);
    talk.connect('a', 'b');
    talk.pass(5_000);
    const entries = [makeFact('base', failed, { planId: plan1, origin, seq: 1 })];
    for (const host of ['a', 'b'])
      talk.send(host, { kind: 'planAdded', planId: plan1, plan: chain, entries });
    talk.pass(1_000);
    expect(snapshotPlan(talk.state('b'), plan1)).toMatchObject({ failed: 1, blocked: 2 });
    talk.send('a', { kind: 'tasksRetried', planId: plan1, tasks: 'all' });
    talk.pass(1_000);
    for (const host of ['a', 'b']) {
      expect(snapshotPlan(talk.state(host), plan1)).toMatchObject({ failed: 0, blocked: 0, waiting: 2 });
      const wishes = listEntries(talk.state(host), plan1).filter(isRetry);
      expect(wishes.map(({ origin: { host: by } }: Retry) => by)).toEqual(['a']);
    }
  });
});
