import type { PlanEnding } from '../core/effect.ts';
import type { Fact } from '../core/facts/fact.ts';
import type { BuildId } from '../core/ids.ts';
import type { PkgName, Resolution, ScanFailure } from '../pkgsrc/package.ts';

/** What the tree's make says of the machine it runs on. */
export interface Platform {
  readonly opsys: string;
  readonly osVersion: string;
  readonly machineArch: string;
  readonly compiler: string;
}

/** Where the slot time of a build went. All in slot-seconds, summing to `slots x makespan`. */
export interface SlotSeconds {
  readonly busy: number;
  /** Making and cleaning sandboxes. */
  readonly sandbox: number;
  /** Idle because no package was ready. */
  readonly starved: number;
  /** Idle because the user stopped the build, or the slot was retired. */
  readonly stopped: number;
}

/** Everything a report is made of: facts and the graph, nothing that has to be asked of a running build. */
export interface ReportInput {
  readonly build: BuildId;
  readonly host: string;
  readonly slots: number;
  readonly platform: Platform;
  /** Unix milliseconds. */
  readonly startedAtMs: number;
  /**
   * From here on the build went without a break: where packages began to be built, or where it last went on. Makespan,
   * lower bound and slot time are measured from here, so that neither scan nor break counts.
   */
  readonly measuredFromMs: number;
  readonly endedAtMs: number;
  readonly ending: PlanEnding;
  readonly resolution: Resolution;
  readonly scanFailures: readonly ScanFailure[];
  /** Of what this build ran. */
  readonly facts: ReadonlyMap<PkgName, Fact>;
  /** Packages that an earlier build made and that are still good: done, though not built now. */
  readonly kept: ReadonlySet<PkgName>;
  readonly slotSeconds: SlotSeconds;
  /** Where logs lie: `<logDir>/<PKGNAME>/<stage>.log`. */
  readonly logDir: string;
  /** Prefix of the links in report.txt; empty when nothing is published. */
  readonly baseUrl: string;
  /** First words of the title. */
  readonly subjectPrefix: string;
  /** report.svg is drawn while the graph of what is broken has fewer edges than this. */
  readonly graphLimit: number;
  /** The last build that completed before this one; undefined when there is none to compare with. */
  readonly previous: PreviousBuild | undefined;
}

/** What this build is compared with. */
export interface PreviousBuild {
  readonly build: string;
  /** Unix milliseconds. */
  readonly endedAtMs: number;
  /** Every package that it knew, in any order. */
  readonly outcomes: readonly PreviousOutcome[];
}

/** How one package ended in it. A package is the same one when pkgpath and pkgbase are: its version may change. */
export interface PreviousOutcome {
  readonly pkgpath: string;
  readonly pkgbase: string;
  readonly pkgname: string;
  readonly status: 'built' | 'kept' | 'failed' | 'blocked' | 'masked' | 'unresolved' | 'open';
  /** Where it failed; empty for all others. */
  readonly stage: string;
}

/** pbulk's words for where a package ended (meta/report, meta/pbuild). */
export type PbulkStatus = 'done' | 'failed' | 'prefailed' | 'indirect-failed' | 'indirect-prefailed' | 'open';
