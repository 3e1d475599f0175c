import { describe, expect, it } from 'vitest';
import { drawScenario } from './draw.ts';
import type { Scenario } from './scenario.ts';
import { shrinkScenario } from './shrink.ts';

const listTasks = ({ plans }: Scenario): readonly string[] =>
  plans.flatMap(({ tasks }) => tasks.map(({ name }) => name));

describe('shrinking a scenario', () => {
  const scenario = drawScenario(3, { hosts: 5, faults: 20, tasks: 40 });

  it('leaves the fault, the hosts and the task that the failure needs, and nothing else', () => {
    const wanted = scenario.faults.at(7);
    const task = listTasks(scenario).at(4);
    const fails = ({ faults, hosts, plans }: Scenario): boolean =>
      faults.some(({ kind }) => kind === wanted?.kind) &&
      hosts.length >= 2 &&
      plans.some(({ tasks }) => tasks.some(({ name }) => name === task));
    const smallest = shrinkScenario(scenario, fails);
    expect(smallest.faults.map(({ kind }) => kind)).toEqual([wanted?.kind]);
    expect(smallest.hosts).toHaveLength(2);
    expect(listTasks(smallest)).toEqual([task]);
    expect(smallest.words).toEqual([]);
  });

  it('never tries a scenario that speaks of hosts, plans or tasks that are not in it', () => {
    const tried: Scenario[] = [];
    shrinkScenario(scenario, (simpler) => {
      tried.push(simpler);
      return simpler.faults.length >= 3;
    });
    expect(tried.length).toBeGreaterThan(20);
    for (const { hosts, plans, words, faults } of tried) {
      const names = [...hosts.map(({ name }) => name), '@leader'];
      for (const fault of faults) if ('host' in fault) expect(names).toContain(fault.host);
      for (const { host } of [...plans, ...words]) expect(names).toContain(host);
      for (const { plan } of words) expect(plans.map(({ id }) => id)).toContain(plan);
      for (const { tasks } of plans) {
        const known = new Set(tasks.map(({ name }) => name));
        for (const { needs } of tasks) for (const need of needs) expect(known).toContain(need);
      }
    }
  });

  it('stops after so many runs, with what it has', () => {
    let runs = 0;
    const smallest = shrinkScenario(
      scenario,
      () => {
        runs += 1;
        return true;
      },
      10,
    );
    expect(runs).toBe(10);
    expect(JSON.stringify(smallest).length).toBeLessThan(JSON.stringify(scenario).length);
  });
});
