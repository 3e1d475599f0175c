import type { Outcome } from '../../src/core/facts/fact.ts';
import type { StopMode } from '../../src/core/input.ts';
import type { DriverKind } from '../../src/sandbox/driver.ts';

/**
 * What passes over the agent's local control socket: HTTP on a Unix socket of mode 0600 in the state directory,
 * JSON bodies, and for `/events` one JSON object a line. Plain strings here, not brands: this is a border.
 *
 *   GET  /status                      -> Status
 *   GET  /events                      -> BuildEvent, one a line, from now on; the first one is a `snapshot`
 *   POST /build        BuildRequest   -> BuildAccepted
 *   POST /stop         { mode }       -> {}
 *   GET  /sandboxes                   -> SandboxInfo[]
 *   POST /sandboxes/destroy { slot }  -> {}      (only a slot that runs nothing; it is made anew)
 *   POST /shutdown     { mode }       -> {}
 *   GET  /hosts                       -> MeshSnapshot   (each host is asked how it is)
 *   POST /order        { host, order } -> OrderDone     (host: a name or id; absent: this one; see view/order.ts)
 *   POST /evict        { host, force } -> OrderDone
 *   POST /where        { packages }   -> PackagePlace[] (PKGNAMEs, PKGBASEs or PKGPATHs)
 *   POST /log          LogWish        -> the log of another host, as text, while it comes
 *
 * An error is `{ code, message, hint }` with status 400 (the caller's), 409 (not now) or 500.
 */
export interface Status {
  readonly version: string;
  readonly host: string;
  readonly hostName: string;
  readonly incarnation: number;
  readonly pid: number;
  readonly configFile: string;
  readonly driver: DriverKind;
  /** Warnings that stand as long as the agent runs (no isolation, ...). */
  readonly warnings: readonly string[];
  /** Absent while this agent has the host for itself. */
  readonly share?: ShareView | undefined;
  readonly snapshot: Snapshot;
}

/** The part of its host that an agent may use while others build there too. */
export interface ShareView {
  readonly slots: number;
  /** What it would use alone. */
  readonly slotsMax: number;
  readonly cores: number;
  readonly coresMax: number;
  /** The configurations of the others. */
  readonly configFiles: readonly string[];
}

export interface BuildRequest {
  /** PKGPATHs; empty: what the config says (its list, or the whole tree). */
  readonly pkgpaths: readonly string[];
  /** True: start a new build even if the last one can be resumed. */
  readonly fresh: boolean;
  /** True: a new build of everything, though it is up to date. */
  readonly everything?: boolean | undefined;
  /** Build these again though nothing says that they must be; undefined: only what must be. */
  readonly rebuild?: RebuildRequest | undefined;
}

/** Which packages of the last build to build again. */
export interface RebuildRequest {
  /** PKGNAMEs, PKGBASEs or PKGPATHs. */
  readonly packages: readonly string[];
  /** All that failed in the last build, too. */
  readonly failed: boolean;
  /** False: with everything that needs them, directly or not. */
  readonly only: boolean;
}

export interface BuildAccepted {
  readonly build: string;
  readonly resumed: boolean;
}

export type Phase = 'idle' | 'preparing' | 'scanning' | 'resolving' | 'building' | 'reporting';

export interface Counts {
  /** Packages of the resolved graph. */
  readonly total: number;
  readonly built: number;
  readonly failed: number;
  /** Depend on a failed package. */
  readonly blocked: number;
  /** Masked or unresolved, directly or not: known before the build starts. */
  readonly masked: number;
  /** Kept as they are: built earlier, and nothing they were made from has changed. */
  readonly kept: number;
  readonly running: number;
  /** Can start now. */
  readonly ready: number;
  readonly waiting: number;
}

export interface SlotView {
  readonly slot: string;
  readonly state: 'preparing' | 'ready' | 'running' | 'cleaning' | 'retired';
  /** PKGNAME, while running. */
  readonly pkg: string | undefined;
  readonly stage: string | undefined;
  readonly jobs: number | undefined;
  /** Unix milliseconds: when the package started, and when the stage did. */
  readonly startedAtMs: number | undefined;
  readonly stageAtMs: number | undefined;
}

/** What runs on the hosts of a mesh. */
export interface MeshSlots {
  /** What people call this host. */
  readonly name: string;
  /** As they told last; times are by this host's clock. */
  readonly others: readonly { readonly name: string; readonly slots: readonly SlotView[] }[];
}

export interface Snapshot {
  readonly phase: Phase;
  readonly build: string | undefined;
  readonly stopping: StopMode | undefined;
  readonly startedAtMs: number | undefined;
  readonly scan: { readonly done: number; readonly total: number; readonly failed: number } | undefined;
  readonly counts: Counts | undefined;
  readonly slots: readonly SlotView[];
  /** Where it builds with others; absent for a host that is alone. */
  readonly mesh?: MeshSlots | undefined;
  /** Unix milliseconds; undefined while nothing can be said. */
  readonly predictedEndMs: number | undefined;
  /** Why nothing starts at this moment, in one line; absent where nothing is in the way. */
  readonly waiting?: string | undefined;
}

export type BuildEvent =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'phase'; readonly phase: Phase; readonly atMs: number }
  | { readonly kind: 'scanFailed'; readonly pkgpath: string; readonly reason: string }
  | {
      readonly kind: 'started';
      readonly pkg: string;
      readonly slot: string;
      readonly jobs: number;
      readonly atMs: number;
    }
  | {
      readonly kind: 'stage';
      readonly pkg: string;
      readonly slot: string;
      readonly stage: string;
      readonly atMs: number;
    }
  | {
      readonly kind: 'ended';
      readonly pkg: string;
      readonly slot: string;
      readonly outcome: Outcome;
      readonly wallMs: number;
      /**
       * How many packages need it, directly or not, and so cannot be built: 0 unless it failed. All of them, also
       * those that an earlier failure blocks already: the sum over several events says nothing.
       */
      readonly blocks: number;
      /** Of the whole build, with this end in them; undefined where no plan is known. */
      readonly counts: Counts | undefined;
      /** The name of the host where it ended; absent: this one. */
      readonly host?: string | undefined;
    }
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'finished'; readonly summary: BuildSummary };

/** The last word of a build. */
export interface BuildSummary {
  readonly build: string;
  /** `failed`: the build itself could not go on (nothing to do with packages that fail). */
  readonly ending: 'complete' | 'stopped' | 'failed';
  /** For `failed`: what, and what to do. */
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | undefined;
  readonly counts: Counts;
  readonly scanFailures: number;
  /** Packages with a dependency that matches nothing, or on a cycle, and those behind them; part of `counts.masked`. */
  readonly unresolved: number;
  readonly makespanMs: number;
  /** `max(longest path, work / slots)` by the times of this build, milliseconds. */
  readonly lowerBoundMs: number;
  readonly slotSeconds: {
    readonly busy: number;
    readonly sandbox: number;
    readonly starved: number;
    readonly stopped: number;
  };
  /** PKGNAMEs of packages that failed in it whose sandboxes are kept, the newest first. */
  readonly keptSandboxes?: readonly string[] | undefined;
  /** Absolute paths, for people: report.txt, report.html, report.json, the logs, the packages. */
  readonly files: {
    readonly reportText: string;
    readonly reportHtml: string;
    readonly reportJson: string;
    readonly logs: string;
    readonly packages: string;
  };
}

export interface SandboxInfo {
  readonly slot: string;
  readonly state: SlotView['state'];
  /** Where its writable layer lies on this host. */
  readonly dir: string;
  /** Host pid of its init; enough for `nsenter`. */
  readonly pid: number | undefined;
  readonly pkg: string | undefined;
}
