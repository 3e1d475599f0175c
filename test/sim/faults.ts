import type { Trouble } from '../../src/core/failure/trouble.ts';
import { troubles } from '../../src/core/failure/trouble.ts';

/** Troubles that may be a host's doing. */
export const hostTroubles: readonly Trouble[] = troubles.filter(
  (trouble) => trouble !== 'out-of-memory' && trouble !== 'timeout',
);

/** How often things go wrong, each as a share of the cases. */
export interface Faults {
  readonly trouble: number;
  readonly prepare: number;
  readonly clean: number;
  /** Commands about a slot that are answered only when nobody waits for the answer any more. */
  readonly hang: number;
  /** Answers that come a second time, later. */
  readonly double: number;
  /** Packages whose build fails, by their own doing, whenever it is tried. */
  readonly failing: number;
  /** Packages that meet trouble whenever they are tried. */
  readonly hopeless: number;
  /** Packages that run out of memory whenever they have company. */
  readonly hungry: number;
  /** Packages that run out of memory even alone with one job. */
  readonly greedy: number;
  /** Packages that a watchdog has to end whenever they are tried. */
  readonly endless: number;
  /** Runs that a watchdog ends by chance. */
  readonly timeout: number;
  /** How many times somebody else fills the disk, for a while. */
  readonly floods: number;
}

export const noFaults: Faults = {
  trouble: 0,
  prepare: 0,
  clean: 0,
  hang: 0,
  double: 0,
  failing: 0,
  hopeless: 0,
  hungry: 0,
  greedy: 0,
  endless: 0,
  timeout: 0,
  floods: 0,
};
