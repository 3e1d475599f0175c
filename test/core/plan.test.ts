import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { taskName } from '../../src/core/ids.ts';
import { canonicalPlan, checkPlan } from '../../src/core/plan.ts';
import { anyPlan, makePlan } from './samples.ts';

describe('canonicalPlan', () => {
  it('says the same whatever order tasks and needs come in', () => {
    fc.assert(
      fc.property(anyPlan(), (plan) => {
        const turned = {
          ...plan,
          tasks: plan.tasks.toReversed().map((task) => ({ ...task, needs: task.needs.toReversed() })),
        };
        expect(canonicalPlan(turned)).toBe(canonicalPlan(plan));
      }),
    );
  });

  it('differs when anything that matters differs', () => {
    const plan = makePlan({ a: [[], 10], b: [['a'], 20] });
    const others = [
      makePlan({ a: [[], 11], b: [['a'], 20] }),
      makePlan({ a: [[], 10], b: [[], 20] }),
      makePlan({ a: [[], 10], b: [['a'], 20] }, { a: { jobsSafe: false } }),
      makePlan({ a: [[], 10], b: [['a'], 20] }, { b: { weight: 101 } }),
      { ...plan, build: `${plan.build}x` as typeof plan.build },
    ];
    const texts = [plan, ...others].map(canonicalPlan);
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('checkPlan', () => {
  it('finds nothing wrong with an acyclic plan', () => {
    fc.assert(
      fc.property(anyPlan(), (plan) => {
        expect(checkPlan(plan)).toEqual([]);
      }),
    );
  });

  it('names a task that is there twice, needs itself, needs what is not there, or has no estimate', () => {
    const plan = makePlan({ a: [['a'], 10], b: [['gone'], 0] }, { b: { weight: Number.NaN } });
    const [a] = plan.tasks;
    expect(checkPlan({ ...plan, tasks: [...plan.tasks, ...(a === undefined ? [] : [a])] })).toEqual([
      { kind: 'duplicateName', task: 'a' },
      { kind: 'selfNeed', task: 'a' },
      { kind: 'unknownNeed', task: 'b', need: 'gone' },
      { kind: 'badEstimate', task: 'b', estimateMs: 0 },
      { kind: 'badWeight', task: 'b', weight: Number.NaN },
      { kind: 'selfNeed', task: 'a' },
    ]);
  });

  it('names a cycle in the order in which its tasks need each other, and nothing that only hangs on it', () => {
    const plan = makePlan({
      root: [[], 1],
      a: [['root', 'c'], 1],
      b: [['a'], 1],
      c: [['b'], 1],
      leaf: [['c'], 1],
    });
    const [problem, ...more] = checkPlan(plan);
    expect(more).toEqual([]);
    if (problem?.kind !== 'cycle') throw new Error('no cycle found');
    const needs = new Map(plan.tasks.map((task) => [task.name, task.needs]));
    expect(problem.tasks.toSorted()).toEqual(['a', 'b', 'c']);
    problem.tasks.forEach((task, place) => {
      const next = problem.tasks[(place + 1) % problem.tasks.length] ?? taskName('none');
      expect(needs.get(task)).toContain(next);
    });
  });

  it('allows one need to be named twice, and counts it once', () => {
    const once = makePlan({ a: [[], 1], b: [['a'], 1] });
    const twice = makePlan({ a: [[], 1], b: [['a', 'a'], 1] });
    expect(checkPlan(twice)).toEqual([]);
    expect(canonicalPlan(twice)).toBe(canonicalPlan(once));
  });
});
