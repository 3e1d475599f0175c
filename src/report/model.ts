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
  readonly facts: ReadonlyMap<PkgName, Fact>;
  readonly slotSeconds: SlotSeconds;
  /** Where logs lie: `<logDir>/<PKGNAME>/<stage>.log`. */
  readonly logDir: string;
  /** Prefix of the links in report.txt; empty when nothing is published. */
  readonly baseUrl: string;
  /** First words of the title. */
  readonly subjectPrefix: string;
}

/** pbulk's words for where a package ended (meta/report, meta/pbuild). */
export type PbulkStatus = 'done' | 'failed' | 'prefailed' | 'indirect-failed' | 'indirect-prefailed' | 'open';
