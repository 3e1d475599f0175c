import type { AgentState } from '../../src/core/agent.ts';
import { slotSeconds } from '../../src/core/agent.ts';
import type { PlanEnding } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import { messageOf } from '../../src/errors.ts';
import type { PackageState, PkgName } from '../../src/pkgsrc/package.ts';
import { writeSummary } from '../../src/pkgsrc/summary.ts';
import { measureMakespan } from '../../src/report/makespan.ts';
import type { ReportInput } from '../../src/report/model.ts';
import { deriveOutcomes, type Outcomes } from '../../src/report/outcomes.ts';
import { type WriteOptions, writeReport } from '../../src/report/write.ts';
import { findTool, runTool } from '../../src/sandbox/process.ts';
import type { Store } from '../../src/store/open.ts';
import type { BuildSummary, Counts } from '../control/protocol.ts';
import type { AgentPaths } from '../paths.ts';
import type { LiveBuild } from './live.ts';
import { listOutcomes } from './outcomes.ts';

export interface FinishRequest {
  readonly live: LiveBuild;
  readonly ending: PlanEnding;
  readonly core: AgentState;
  readonly store: Store;
  readonly paths: AgentPaths;
  /** PACKAGES. */
  readonly packagesDir: string;
  readonly hostName: string;
  readonly slots: number;
  readonly baseUrl: string;
  readonly subjectPrefix: string;
  readonly graphLimit: number;
  readonly counts: Counts;
  readonly onWarning: (line: string) => void;
}

/** Writes the report, the package summary and the history of a build that has ended. */
export const finishBuild = async (request: FinishRequest): Promise<BuildSummary> => {
  const { live, ending, store, paths } = request;
  const facts = new Map<PkgName, Fact>();
  for (const fact of store.factsOf(live.planId)) {
    const found = live.byName.get(fact.task);
    if (found !== undefined) facts.set(found.record.pkgname, fact);
  }
  const failed = [...facts].filter(([, { outcome }]) => outcome.kind === 'failed');
  await writePackageSummary(request, new Set(failed.map(([name]) => name)));
  const input = reportInput(request, facts);
  const files = await writeReport(input, paths.meta, findCompressor());
  for (const warning of files.warnings) request.onWarning(warning);
  const outcomes = deriveOutcomes(input);
  keepOutcomes(request, outcomes);
  const makespan = measureMakespan(input, outcomes);
  return {
    build: live.build,
    ending,
    error: undefined,
    counts: request.counts,
    scanFailures: live.survey.failures.length,
    unresolved: live.resolution.packages.filter(({ state }) => isUnresolved(state)).length,
    makespanMs: makespan.makespanMs,
    lowerBoundMs: makespan.lowerBoundMs,
    slotSeconds: input.slotSeconds,
    files: {
      reportText: files.text,
      reportHtml: files.html,
      reportJson: files.json,
      logs: paths.logs,
      packages: paths.packagesAll,
    },
  };
};

/** What later builds are compared with. The report of this one stands without it. */
const keepOutcomes = ({ live, store, onWarning }: FinishRequest, outcomes: Outcomes): void => {
  try {
    store.saveOutcomes(live.build, listOutcomes(outcomes));
  } catch (error) {
    onWarning(`the outcomes of this build could not be kept for comparison: ${messageOf(error)}`);
  }
};

/** pbulk's readers want report.bz2: made by the host's own program, where it has one. */
const findCompressor = (): WriteOptions => {
  const bzip2 = findTool('bzip2');
  if (bzip2 === undefined) return {};
  return {
    compress: async (file) => {
      const { ok, stderr } = await runTool([bzip2, '-k', '-f', file]);
      if (!ok) throw new Error(stderr);
    },
  };
};

const reportInput = (request: FinishRequest, facts: ReadonlyMap<PkgName, Fact>): ReportInput => ({
  build: request.live.build,
  host: request.hostName,
  slots: request.slots,
  platform: request.live.survey.tree.platform,
  startedAtMs: request.live.startedAtMs,
  measuredFromMs: request.live.measuredFromMs,
  endedAtMs: Date.now(),
  ending: request.ending,
  resolution: request.live.resolution,
  scanFailures: request.live.survey.failures,
  facts,
  kept: new Set(),
  slotSeconds: slotSeconds(request.core, request.live.planId) ?? noSlotSeconds,
  logDir: request.paths.logs,
  baseUrl: request.baseUrl,
  subjectPrefix: request.subjectPrefix,
  graphLimit: request.graphLimit,
  previous: undefined,
});

/** A repository without a new summary is no reason to lose the report of a long build. */
const writePackageSummary = async (
  { live, packagesDir, store, onWarning }: FinishRequest,
  failed: ReadonlySet<PkgName>,
): Promise<void> => {
  const restricted = live.resolution.packages.filter(({ record }) => record.noBinOnFtp !== '');
  try {
    await writeSummary({
      packagesDir,
      pkgSuffix: live.survey.tree.pkgSuffix,
      restricted: new Set(restricted.map(({ record }) => record.pkgname)),
      failed,
      owner: store.life.host,
      onWarning,
    });
  } catch (error) {
    onWarning(`pkg_summary was not written: ${messageOf(error)}`);
  }
};

const isUnresolved = (state: PackageState): boolean =>
  state.kind === 'unresolved' || (state.kind === 'indirect' && state.of === 'unresolved');

const noSlotSeconds = { busy: 0, sandbox: 0, starved: 0, stopped: 0 };
