import type { DriverKind } from './driver.ts';

/** What a driver does for a build, and what it leaves to whoever uses it. */
export interface DriverTraits {
  /** Packages have a root directory of their own: nothing of the host shows that was not asked for. */
  readonly isIsolated: boolean;
  /** Shares of access `scratch` are writable in a layer that goes with the sandbox; without, they are read-only. */
  readonly hasLayers: boolean;
  /** A command whose `network` is false has none. */
  readonly hasNetworkControl: boolean;
  /** What is written inside, and in no share, goes with the sandbox: nothing has to be cleaned by hand. */
  readonly isDropped: boolean;
  /** An agent that is not root can still run commands as another user than itself, or seem to. */
  readonly hasOwnUsers: boolean;
  /** Sandboxes cost little while they wait: some are made ahead, so that no package waits for one. */
  readonly hasSpares: boolean;
  /** A package's work area can lie in memory. */
  readonly hasWorkMemory: boolean;
  /** Memory and processes of a whole sandbox are bounded, where the host has control groups. */
  readonly hasGroups: boolean;
  /** It can be told what a sandbox has written, so that there can be a bound of it. */
  readonly hasDiskBound: boolean;
}

const chrooted: DriverTraits = {
  isIsolated: true,
  hasLayers: false,
  hasNetworkControl: false,
  isDropped: true,
  hasOwnUsers: false,
  hasSpares: true,
  hasWorkMemory: false,
  hasGroups: true,
  hasDiskBound: false,
};

/** By kind of driver; docs/OPERATING.md has the same as a table for people. */
export const driverTraits: Readonly<Record<DriverKind, DriverTraits>> = {
  linux: {
    isIsolated: true,
    hasLayers: true,
    hasNetworkControl: true,
    isDropped: true,
    hasOwnUsers: true,
    hasSpares: true,
    hasWorkMemory: true,
    hasGroups: true,
    hasDiskBound: true,
  },
  mounts: chrooted,
  // The user's own script may copy a whole system for each.
  script: { ...chrooted, hasSpares: false },
  none: {
    isIsolated: false,
    hasLayers: false,
    hasNetworkControl: false,
    isDropped: false,
    hasOwnUsers: false,
    hasSpares: false,
    hasWorkMemory: false,
    hasGroups: false,
    hasDiskBound: false,
  },
};
