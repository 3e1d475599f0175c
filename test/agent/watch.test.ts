import { describe, expect, it } from 'vitest';
import { makeGroundFinder } from '../../agent/watch.ts';
import { createAgent } from '../../src/core/agent.ts';
import { planId } from '../../src/core/ids.ts';
import { historyKey } from '../../src/store/history.ts';
import { record } from '../pkgsrc/build/fixture.ts';

const id = planId('a'.repeat(64));
const estimate = {
  wallMs: 1,
  cpuMs: 1,
  diskBytes: 0,
  memoryBytes: 0,
  slowestMs: 50_000,
  jobs: 8,
  built: true,
};

describe('what stretches the limits of a package', () => {
  const find = (loadPerCore: number, reads = { count: 0 }) =>
    makeGroundFinder({
      core: createAgent(),
      loadPerCore: () => loadPerCore,
      estimates: () => {
        reads.count += 1;
        return new Map([[historyKey('devel/tool', 'tool'), estimate]]);
      },
    });

  it('is its slowest build of late, how many jobs that had, the load of the host, and the word of the user', () => {
    const ground = find(1.5)(id, record(), { jobs: 2, factor: 2 })();
    expect(ground).toEqual({ stretch: 3, slowestMs: 50_000, jobsRatio: 4 });
  });

  it('is nothing for a package without a history on a host that has nothing else to do', () => {
    const ground = find(0.2)(id, record({ pkgname: 'other-1' as never }), { jobs: 2, factor: 1 })();
    expect(ground).toEqual({ stretch: 1, slowestMs: 0, jobsRatio: 1 });
  });

  it('reads the history once for all packages of a plan', () => {
    const reads = { count: 0 };
    const finder = find(1, reads);
    for (let index = 0; index < 5; index += 1) finder(id, record(), { jobs: 2, factor: 1 })();
    expect(reads.count).toBe(1);
  });
});
