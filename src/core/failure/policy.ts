import type { Trouble } from './trouble.ts';

/** What one class of trouble leads to, beyond that the task goes back. */
export interface TroublePolicy {
  /** The task waits before it is tried again; else it is ready at once. */
  readonly pausesTask: boolean;
  /** The host starts nothing for a while: whatever it started now would meet the same. */
  readonly holdsHost: boolean;
  /** It may be the host's doing: with several tasks in a row it is taken to be. */
  readonly blamesHost: boolean;
}

export const troublePolicies: Readonly<Record<Trouble, TroublePolicy>> = {
  // The next run would fill it too. Others may free space, so the task that met it goes to the end.
  'disk-full': { pausesTask: true, holdsHost: true, blamesHost: true },
  // The slot is made anew in any case.
  sandbox: { pausesTask: false, holdsHost: false, blamesHost: true },
  // Tasks whose files are here already go on; when none comes to its end any more, the host is held as suspect.
  network: { pausesTask: true, holdsHost: false, blamesHost: true },
  // A program of the operator's failed: for one task by chance, for each when it is broken.
  hook: { pausesTask: true, holdsHost: false, blamesHost: true },
  // The file may be on its way; where it is not, it is missing for each task that needs it.
  'missing-dependency': { pausesTask: true, holdsHost: false, blamesHost: false },
  // By something outside, for memory perhaps: not at once again.
  killed: { pausesTask: true, holdsHost: false, blamesHost: true },
  // It, or all that ran together, needed more memory than there is.
  'out-of-memory': { pausesTask: false, holdsHost: false, blamesHost: false },
  // Its work area in memory was too small: the next one lies on disk.
  'work-full': { pausesTask: false, holdsHost: false, blamesHost: false },
  // A watchdog killed it: rather the task than the host, but a host that is stuck looks the same.
  timeout: { pausesTask: false, holdsHost: false, blamesHost: true },
  // Whoever ran it is gone, and says nothing about the task.
  lost: { pausesTask: false, holdsHost: false, blamesHost: true },
  // A shell met what it does not know: rather a bug that this task brings out than the host.
  internal: { pausesTask: true, holdsHost: false, blamesHost: false },
};
