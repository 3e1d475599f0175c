import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../../src/core/plan.ts';
import { drawScenario } from './draw.ts';
import { toPlan } from './plans.ts';

const seeds = Array.from({ length: 300 }, (_, seed) => seed);
const scenarios = seeds.map((seed) => drawScenario(seed));

describe('a scenario drawn from a seed', () => {
  it('is the same each time, and survives as JSON', () => {
    for (const seed of seeds.slice(0, 50)) {
      const scenario = drawScenario(seed);
      expect(scenario).toEqual(drawScenario(seed));
      expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario);
    }
  });

  it('has plans that an agent takes', () => {
    for (const { seed, plans } of scenarios) {
      for (const plan of plans) expect(checkPlan(toPlan(plan)), `seed ${seed}`).toEqual([]);
    }
  });

  it('has as many faults as wished, all of them before the healing', () => {
    for (const { faults, healMs } of scenarios) {
      expect(faults).toHaveLength(20);
      expect(Math.max(...faults.map(({ atMs }) => atMs))).toBeLessThan(healMs);
    }
  });

  it('has some kinds of faults and not others, and over many seeds all of them', () => {
    const kindsOf = scenarios.map(({ faults }) => new Set(faults.map(({ kind }) => kind)));
    const all = new Set(kindsOf.flatMap((kinds) => [...kinds]));
    expect(all.size).toBe(31);
    for (const kinds of kindsOf) expect(kinds.size).toBeLessThan(20);
    expect(kindsOf.filter((kinds) => kinds.size <= 5).length, 'seeds of few kinds').toBeGreaterThan(20);
  });

  it('has nothing that goes wrong where no faults are wished', () => {
    for (const seed of seeds.slice(0, 50)) {
      const { faults, words, plans } = drawScenario(seed, { faults: 0 });
      expect([faults, words]).toEqual([[], []]);
      for (const { tasks } of plans) for (const { fate } of tasks) expect(fate.kind).toBe('built');
    }
  });

  it('keeps the chances of each fault when there are more of them', () => {
    const few = drawScenario(7, { faults: 3 }).faults;
    const kindsOfMany = drawScenario(7, { faults: 40 }).faults.map((fault) => JSON.stringify(fault));
    for (const fault of few) expect(kindsOfMany).toContain(JSON.stringify(fault));
  });
});
