import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import type { SlotSeconds } from '../../src/core/accounting.ts';
import type { AgentState } from '../../src/core/agent.ts';
import { slotSeconds } from '../../src/core/agent.ts';
import type { PlanEnding } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import { selectCanonical } from '../../src/core/facts/merge.ts';
import { listEnds } from '../../src/core/meshView.ts';
import { findPlan } from '../../src/core/state.ts';
import { messageOf } from '../../src/errors.ts';
import { identityOf } from '../../src/pkgsrc/identity.ts';
import type { PackageState, PkgName } from '../../src/pkgsrc/package.ts';
import { writeSummary } from '../../src/pkgsrc/summary.ts';
import { measureMakespan } from '../../src/report/makespan.ts';
import type { PreviousBuild, ReportInput } from '../../src/report/model.ts';
import { deriveOutcomes, type Outcomes } from '../../src/report/outcomes.ts';
import { writeReport } from '../../src/report/write.ts';
import { listKept } from '../../src/sandbox/keep/store.ts';
import { findTool, runTool } from '../../src/sandbox/process.ts';
import type { Store } from '../../src/store/open.ts';
import type { BuildSummary, Counts } from '../control/protocol.ts';
import type { AgentPaths } from '../paths.ts';
import type { LiveBuild } from './live.ts';
import { listOutcomes } from './outcomes.ts';
import { findPrevious } from './previous.ts';

export interface FinishRequest {
  readonly live: LiveBuild;
  readonly ending: PlanEnding;
  readonly core: AgentState;
  readonly store: Store;
  readonly paths: AgentPaths;
  /** Where the report goes. */
  readonly reportDir: string;
  /** PACKAGES. */
  readonly packagesDir: string;
  readonly hostName: string;
  readonly slots: number;
  /** Of all hosts; undefined: this one's is all there is. */
  readonly slotSeconds?: SlotSeconds | undefined;
  readonly baseUrl: string;
  readonly subjectPrefix: string;
  readonly graphLimit: number;
  /** Undefined: no summary of the repository is to be written. */
  readonly summary: Config['summary'] | undefined;
  readonly counts: Counts;
  readonly onWarning: (line: string) => void;
}

/** Writes the package summary, the report and the history of a build that has ended. */
export const finishBuild = async (request: FinishRequest): Promise<BuildSummary> => {
  const { live, ending, paths, reportDir } = request;
  const facts = new Map<PkgName, Fact>();
  for (const fact of listFacts(request)) {
    const found = live.byName.get(fact.task);
    if (found !== undefined) facts.set(found.record.pkgname, fact);
  }
  const input = reportInput(request, facts);
  const outcomes = deriveOutcomes(input);
  const packBzip2 = findBzip2();
  await writePackageSummary(request, outcomes, packBzip2);
  const files = await writeReport(input, reportDir, {
    outcomes,
    compress: packBzip2 && ((file) => packBzip2(file, 'keep')),
  });
  for (const warning of files.warnings) request.onWarning(warning);
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
    keptSandboxes: listKept(paths.state).flatMap(({ record }) =>
      record.build === live.build ? record.pkg : [],
    ),
    files: {
      reportText: files.text,
      reportHtml: files.html,
      reportJson: files.json,
      logs: paths.logs,
      packages: join(request.packagesDir, 'All'),
    },
  };
};

/** Of what other hosts have said last the store may not have heard yet; what the core has forgotten it has. */
const listFacts = ({ core, store, live: { planId } }: FinishRequest): Iterable<Fact> =>
  findPlan(core, planId) === undefined
    ? selectCanonical(store.factsOf(planId)).values()
    : listEnds(core, planId);

/** What later builds are compared with. The report of this one stands without it. */
const keepOutcomes = ({ live, store, onWarning }: FinishRequest, outcomes: Outcomes): void => {
  try {
    store.saveOutcomes(live.build, listOutcomes(outcomes));
  } catch (error) {
    onWarning(`the outcomes of this build could not be kept for comparison: ${messageOf(error)}`);
  }
};

/** Makes `<file>.bz2`; what becomes of the file itself. */
type Bzip2 = (file: string, original: 'keep' | 'replace') => Promise<void>;

/** What pbulk's readers want is made by the host's own program, where it has one. */
const findBzip2 = (): Bzip2 | undefined => {
  const bzip2 = findTool('bzip2');
  if (bzip2 === undefined) return undefined;
  return async (file, original) => {
    const { ok, stderr } = await runTool([bzip2, '-f', ...(original === 'keep' ? ['-k'] : []), file]);
    if (!ok) throw new Error(stderr);
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
  kept: request.live.kept,
  slotSeconds: request.slotSeconds ?? slotSeconds(request.core, request.live.planId) ?? noSlotSeconds,
  logDir: request.paths.logs,
  baseUrl: request.baseUrl,
  subjectPrefix: request.subjectPrefix,
  graphLimit: request.graphLimit,
  previous: previousOf(request),
});

/** A report is worth having without a comparison. */
const previousOf = ({ live, store, onWarning }: FinishRequest): PreviousBuild | undefined => {
  try {
    const ours = live.resolution.packages.map(({ record }) => identityOf(record));
    return findPrevious(store, live.build, new Set(ours));
  } catch (error) {
    onWarning(`this build is not compared with an earlier one: ${messageOf(error)}`);
    return undefined;
  }
};

/** A repository without a new summary is no reason to lose the report of a long build. */
const writePackageSummary = async (
  { live, packagesDir, store, summary, onWarning }: FinishRequest,
  outcomes: Outcomes,
  packBzip2: Bzip2 | undefined,
): Promise<void> => {
  if (summary === undefined) return;
  const withdrawn = outcomes.packages.filter(({ standing: { kind } }) => kind !== 'done' && kind !== 'open');
  try {
    await writeSummary({
      ...summary,
      packagesDir,
      pkgSuffix: live.survey.tree.pkgSuffix,
      resolution: live.resolution,
      withdrawn: new Set(withdrawn.map(({ record }) => record.pkgname)),
      packBzip2: packBzip2 && ((file) => packBzip2(file, 'replace')),
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
