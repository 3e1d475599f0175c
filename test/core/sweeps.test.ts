import { describe, expect, it } from 'vitest';
import { isAtRest, slotViews } from '../../src/core/agent.ts';
import { slotName } from '../../src/core/ids.ts';
import { createDriver, kindsOf } from './driver.ts';
import { built, makePlan } from './samples.ts';

const fan = makePlan({ a: [[], 30], b: [[], 20], c: [[], 10] });
const swept = (...clean: readonly string[]) => ({ kind: 'swept', clean: clean.map(slotName) }) as const;

describe('sweeps', () => {
  it('come every so often, one at a time, whether a build goes on or not', () => {
    const driver = createDriver(1, { sweepEveryMs: 1_000 });
    expect(kindsOf(driver.tick(999))).toEqual(['wake']);
    expect(driver.tick(1_000)).toEqual([{ kind: 'sweep' }]);
    expect(driver.tick(5_000), 'while one goes on').toEqual([]);
    expect(isAtRest(driver.state)).toBe(false);
    expect(driver.send(swept())).toEqual([{ kind: 'wake', at: 6_000 }]);
    expect(isAtRest(driver.state)).toBe(true);
    expect(kindsOf(driver.tick(6_000))).toEqual(['sweep']);
  });

  it('make retired slots disappear that came clean, and none that is in use', () => {
    const driver = createDriver(1, { cleanTriesMax: 1 });
    driver.add(fan);
    driver.prepareAll();
    driver.endRun('build-1', built);
    driver.missClean('build-1');
    expect(slotViews(driver.state)).toMatchObject([
      { slot: 'build-1', state: 'retired' },
      { slot: 'build-2', state: 'preparing' },
    ]);
    driver.send(swept('build-1', 'build-2'));
    expect(slotViews(driver.state)).toMatchObject([{ slot: 'build-2', state: 'preparing' }]);
  });

  it('give the name of a slot that is gone to no other', () => {
    const driver = createDriver(1, { cleanTriesMax: 1, replacePause: { firstMs: 1, factor: 1, capMs: 1 } });
    driver.add(fan);
    for (const slot of ['build-1', 'build-2']) {
      driver.tick(driver.nowMs + 10);
      driver.prepareAll();
      driver.endRun(slot, built);
      driver.missClean(slot);
      driver.send(swept(slot));
    }
    expect(slotViews(driver.state).map(({ slot }) => slot)).toEqual(['build-3']);
  });

  it('do not come any more when the agent is to end', () => {
    const driver = createDriver(1, { sweepEveryMs: 1_000 });
    driver.send({ kind: 'shutdown', mode: 'drain' });
    expect(driver.tick(1_000)).toEqual([]);
  });
});
