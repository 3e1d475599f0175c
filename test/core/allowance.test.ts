import { describe, expect, it } from 'vitest';
import { expectedRemainingMs } from '../../src/core/agent.ts';
import { planId, slotName } from '../../src/core/ids.ts';
import { createDriver, kindsOf } from './driver.ts';
import { built, makePlan } from './samples.ts';

const four = makePlan({ a: [[], 100], b: [[], 100], c: [[], 100], d: [[], 100] });

describe('an agent with a part of its host', () => {
  it('kills nothing when its part becomes smaller, and starts nothing until there is room', () => {
    const driver = createDriver(4);
    driver.add(four);
    driver.prepareAll();
    expect(driver.running()).toHaveLength(4);
    expect(driver.send({ kind: 'allowance', slots: 2, cores: 4 })).toEqual([]);
    expect(driver.running()).toHaveLength(4);
  });

  it('makes no more sandboxes than it may use, and the others when it may', () => {
    const driver = createDriver(4);
    driver.send({ kind: 'allowance', slots: 1, cores: 2 });
    expect(kindsOf(driver.add(four))).toEqual(['prepare']);
    driver.prepareAll();
    expect(driver.running()).toEqual(['build-1: a']);
    expect(kindsOf(driver.send({ kind: 'allowance', slots: 3, cores: 6 }))).toEqual(['prepare', 'prepare']);
    driver.prepareAll();
    expect(driver.running()).toHaveLength(3);
  });

  it('shares its own cores among its own runs', () => {
    const driver = createDriver(4);
    driver.send({ kind: 'allowance', slots: 2, cores: 4 });
    driver.add(four);
    const jobs = driver.prepareAll().flatMap((effect) => (effect.kind === 'start' ? [effect.jobs] : []));
    expect(jobs).toEqual([4, 4]);
  });

  it('goes on one by one with the least part', () => {
    const driver = createDriver(4);
    driver.send({ kind: 'allowance', slots: 1, cores: 1 });
    driver.add(four);
    for (const name of ['a', 'b', 'c', 'd']) {
      driver.prepareAll();
      const [running = ''] = driver.running();
      expect(driver.running()).toEqual([expect.stringContaining(`: ${name}`)]);
      driver.end(slotName(running.split(':')[0] ?? ''), built);
    }
  });

  it('predicts its end by its part', () => {
    const driver = createDriver(4);
    driver.add(four);
    driver.prepareAll();
    expect(expectedRemainingMs(driver.state, planId('plan'), 0)).toBe(100);
    driver.send({ kind: 'allowance', slots: 1, cores: 1 });
    expect(expectedRemainingMs(driver.state, planId('plan'), 0)).toBe(400);
  });
});
