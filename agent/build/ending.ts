import type { BuildId } from '../../src/core/ids.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import type { BuildSummary, Counts } from '../control/protocol.ts';

/** Why a build ended before its plan did. `cause`: what was thrown. */
export interface EarlyEnd {
  readonly build: BuildId;
  readonly cause: unknown;
  /** True when it was told to stop: then whatever went wrong on the way out is not its end. */
  readonly stopped: boolean;
  /** Absolute paths. */
  readonly logs: string;
  readonly packages: string;
}

/** The summary of a build that has no report: stopped before its plan was known, or unable to go on. */
export const summarizeEarlyEnd = ({ build, cause, stopped, logs, packages }: EarlyEnd): BuildSummary => ({
  build,
  ending: stopped ? 'stopped' : 'failed',
  error: stopped ? undefined : describeError(cause),
  counts: noCounts,
  scanFailures: 0,
  unresolved: 0,
  makespanMs: 0,
  lowerBoundMs: 0,
  slotSeconds: { busy: 0, sandbox: 0, starved: 0, stopped: 0 },
  files: { reportText: '', reportHtml: '', reportJson: '', logs, packages },
});

/** Of a build that has no plan. */
export const noCounts: Counts = {
  total: 0,
  built: 0,
  failed: 0,
  blocked: 0,
  masked: 0,
  kept: 0,
  running: 0,
  ready: 0,
  waiting: 0,
};

const describeError = (cause: unknown): { code: string; message: string; hint: string } =>
  cause instanceof BulkmeshError
    ? { code: cause.code, message: cause.message, hint: cause.hint }
    : {
        code: 'BUILD_FAILED',
        message: messageOf(cause),
        hint: 'this should not happen: please report it, with the log of the agent',
      };
