import type { Trouble } from './trouble.ts';

/** What one class of trouble leads to, beyond that the task goes back. */
export interface TroublePolicy {
  /** The task has only so many tries, unless the host is the suspect. The other classes have bounds of their own. */
  readonly chargesTask: boolean;
  /** The task waits before it is tried again; else it is ready at once. */
  readonly pausesTask: boolean;
  /** Another host may not meet it: the task goes there rather, if there is one. */
  readonly movesTask: boolean;
  /** The host starts nothing for a while: whatever it started now would meet the same. */
  readonly holdsHost: boolean;
  /** It may be the host's doing: with several tasks in a row it is taken to be. */
  readonly blamesHost: boolean;
}

/** Those that hold, by name; the others do not. */
const policy = (...holding: readonly (keyof TroublePolicy)[]): TroublePolicy => ({
  chargesTask: holding.includes('chargesTask'),
  pausesTask: holding.includes('pausesTask'),
  movesTask: holding.includes('movesTask'),
  holdsHost: holding.includes('holdsHost'),
  blamesHost: holding.includes('blamesHost'),
});

export const troublePolicies: Readonly<Record<Trouble, TroublePolicy>> = {
  // The next run would fill it too. Others may free space, so the task that met it goes to the end.
  'disk-full': policy('chargesTask', 'pausesTask', 'movesTask', 'holdsHost', 'blamesHost'),
  // The slot is made anew in any case.
  sandbox: policy('chargesTask', 'movesTask', 'blamesHost'),
  // Tasks whose files are here already go on; when none comes to its end any more, the host is held as suspect.
  network: policy('chargesTask', 'pausesTask', 'movesTask', 'blamesHost'),
  // A program of the operator's failed: for one task by chance, for each when it is broken.
  hook: policy('chargesTask', 'pausesTask', 'movesTask', 'blamesHost'),
  // The file may be on its way; where it is not, it is missing for each task that needs it.
  'missing-dependency': policy('chargesTask', 'pausesTask', 'movesTask'),
  // By something outside, for memory perhaps: not at once again.
  killed: policy('chargesTask', 'pausesTask', 'movesTask', 'blamesHost'),
  // It, or all that ran together, needed more memory than there is: another host may have more.
  'out-of-memory': policy('movesTask'),
  // Its work area in memory was too small: the next one lies on disk.
  'work-full': policy(),
  // A watchdog killed it: rather the task than the host, but a host that is stuck looks the same.
  timeout: policy('movesTask', 'blamesHost'),
  // Whoever ran it is gone, and says nothing about the task.
  lost: policy('chargesTask', 'movesTask', 'blamesHost'),
  // A shell met what it does not know: rather a bug that this task brings out than the host.
  internal: policy('chargesTask', 'pausesTask'),
};
