import type { Trouble } from '../../src/core/failure/trouble.ts';
import type { RunResult } from '../../src/core/input.ts';
import type { Books, Running } from './books.ts';
import type { Faults } from './faults.ts';
import { hostTroubles } from './faults.ts';
import type { Random } from './random.ts';

/** Tasks by `plan task` that have a fate of their own; see `Faults`. */
export interface Fates {
  readonly failing: ReadonlySet<string>;
  readonly hopeless: ReadonlySet<string>;
  readonly hungry: ReadonlySet<string>;
  readonly greedy: ReadonlySet<string>;
  readonly endless: ReadonlySet<string>;
}

/** What becomes of runs: some packages have a fate of their own, the rest is chance. */
export const createFortunes = ({ tasks }: Books, random: Random, faults: Faults) => {
  const drawKeys = (share: number): ReadonlySet<string> =>
    new Set([...tasks.keys()].filter(() => random.chance(share)));
  const fates: Fates = {
    failing: drawKeys(faults.failing),
    hopeless: drawKeys(faults.hopeless),
    hungry: drawKeys(faults.hungry),
    greedy: drawKeys(faults.greedy),
    endless: drawKeys(faults.endless),
  };
  const { failing, hopeless, hungry, greedy, endless } = fates;

  const drawTrouble = ({ key, alone }: Running): Trouble | undefined => {
    if (greedy.has(key) || (hungry.has(key) && !alone)) return 'out-of-memory';
    if (endless.has(key) || random.chance(faults.timeout)) return 'timeout';
    if (!hopeless.has(key) && !random.chance(faults.trouble)) return undefined;
    return hostTroubles[random.between(0, hostTroubles.length - 1)] ?? 'internal';
  };

  return {
    fates,
    draw: (run: Running, jobs: number): RunResult => {
      const trouble = drawTrouble(run);
      if (trouble !== undefined) {
        return { kind: 'trouble', trouble, detail: `simulated with ${jobs}`, stage: 'build' };
      }
      const outcome = failing.has(run.key)
        ? ({ kind: 'failed', class: 'package', stage: 'build', reason: 'simulated' } as const)
        : ({ kind: 'built', digest: 'sha256:0', sizeBytes: 1 } as const);
      return { kind: 'ended', outcome, steps: [], cpuMs: 1, diskBytes: 0, memoryBytes: 0 };
    },
  };
};
