import { describe, expect, it } from 'vitest';
import { lowerBoundMs } from '../../../bench/schedule/bound.ts';
import { type Case, simulate } from '../../../bench/schedule/engine.ts';
import { createListScheduler } from '../../../bench/schedule/lists.ts';
import type { HostSpec, Model } from '../../../bench/schedule/machine.ts';
import { simulateMesh } from '../../../bench/schedule/mesh.ts';
import type { Workload } from '../../../bench/schedule/workload.ts';
import { packEdges, reverseEdges } from '../../../src/core/graph/edges.ts';

const MINUTE = 60_000;

/** A chain of long tasks that decides when everything is over, and many short ones that nobody waits for. */
const makeWorkload = (chain: number, crowd: number): Workload => {
  const names = Array.from({ length: chain + crowd }, (_, task) => `task${String(task).padStart(4, '0')}`);
  const needs = packEdges(names.map((_, task) => (task > 0 && task < chain ? [task - 1] : [])));
  const work = names.map((_, task) => {
    const wallMs = task < chain ? 30 * MINUTE : 4 * MINUTE;
    const sharedMs = task < chain ? wallMs * 0.8 * 4 : wallMs * 0.4 * 4;
    return { beforeMs: wallMs - sharedMs / 4, sharedMs, afterMs: 0, jobsSafe: true, wallMs };
  });
  return { title: 'made up', names, needs, dependents: reverseEdges(needs), work };
};

const makeCase = (workload: Workload, hosts: readonly HostSpec[], model: Model): Case => ({
  ...{ workload, hosts, model },
  estimateMs: Float64Array.from(workload.work, ({ wallMs }) => wallMs),
});

const host = (speed: number, more: Partial<HostSpec> = {}): HostSpec => ({
  slots: 2,
  cores: 8,
  speed,
  ...more,
});
const fixed = { limits: { serialShare: 1 } };
const rule = { name: '', order: 'path', placement: 'load', jobs: 4 } as const;

describe('a build on real agents, in virtual time', () => {
  it('is as short as it can be on equal hosts, and runs each task once', () => {
    const input = makeCase(makeWorkload(8, 60), [host(1), host(1)], 'fixed');
    const { makespanMs, starts } = simulateMesh(input, fixed);
    expect(makespanMs / lowerBoundMs(input)).toBeLessThan(1.02);
    expect(starts).toBe(68);
  });

  it('leaves the long path to the fast host, though a slow one is idle', () => {
    const input = makeCase(makeWorkload(12, 20), [host(0.5), host(1.5)], 'fixed');
    const ratio = simulateMesh(input, fixed).makespanMs / lowerBoundMs(input);
    const naive = simulate(input, createListScheduler(input, { ...rule, stealing: true }));
    // Nobody knows at first which one is fast.
    expect(ratio).toBeLessThan(1.2);
    expect(naive.makespanMs / lowerBoundMs(input)).toBeGreaterThan(1.3);
  });

  it('gives the long path the cores that it needs', () => {
    const input = makeCase(makeWorkload(8, 300), [host(1, { slots: 8 }), host(1, { slots: 8 })], 'cores');
    const wide = simulateMesh(input).makespanMs;
    const without = simulateMesh(input, { rules: { criticalCores: false } }).makespanMs;
    expect(wide / lowerBoundMs(input)).toBeLessThan(1.2);
    expect(wide).toBeLessThan(0.9 * without);
  });

  it('uses a host that comes later, and does again what a lost one had', () => {
    const workload = makeWorkload(2, 80);
    const late = makeCase(workload, [host(1), host(1, { joinMs: 20 * MINUTE })], 'fixed');
    expect(simulateMesh(late, fixed).makespanMs / lowerBoundMs(late)).toBeLessThan(1.1);
    const lost = makeCase(workload, [host(1, { dieMs: 30 * MINUTE }), host(1)], 'fixed');
    const { makespanMs, starts } = simulateMesh(lost, fixed);
    expect(makespanMs / lowerBoundMs(lost)).toBeLessThan(1.2);
    expect(starts).toBeGreaterThan(82);
  });

  it('is the same for the same seed', () => {
    const input = makeCase(makeWorkload(4, 30), [host(1), host(0.7)], 'cores');
    expect(simulateMesh(input, { seed: 3 })).toEqual(simulateMesh(input, { seed: 3 }));
  });
});

describe('the list schedulers', () => {
  it('come no nearer than the lower bound, and steal nothing where they are not to', () => {
    const input = makeCase(makeWorkload(6, 40), [host(1), host(0.5)], 'fixed');
    for (const order of ['fifo', 'dependents', 'path'] as const) {
      for (const placement of ['load', 'finish'] as const) {
        const stay = simulate(
          input,
          createListScheduler(input, { ...rule, order, placement, stealing: false }),
        );
        const steal = simulate(
          input,
          createListScheduler(input, { ...rule, order, placement, stealing: true }),
        );
        expect(Math.min(stay.makespanMs, steal.makespanMs)).toBeGreaterThanOrEqual(lowerBoundMs(input) - 1);
        expect(stay.moves).toBe(0);
      }
    }
  });
});
