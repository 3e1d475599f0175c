import { type Comparison, type Since, selectSince } from './compare.ts';
import { listBroken, type OutcomeOf, type Outcomes, type PackageOutcome, toPbulkStatus } from './outcomes.ts';
import type { ReportView } from './view.ts';

/** Goes up when a field is renamed, removed or changes its meaning; new fields do not change it. */
const REPORT_JSON_VERSION = 1;

/**
 * `report.json`, complete and in pieces: one line for each package, so that a line of it can be cut out and
 * two reports compared with line tools. docs/REPORT.md has the fields.
 */
export function* renderJson(view: ReportView): Generator<string> {
  const { input } = view;
  const head = {
    schema: 'bulkmesh-report',
    version: REPORT_JSON_VERSION,
    build: describeBuild(view),
    counts: view.counts,
    time: { ...view.makespan, slotSeconds: input.slotSeconds },
    comparison: view.comparison === undefined ? undefined : describeComparison(view, view.comparison),
    files: { logDir: input.logDir, machineReadable: view.place.machineFile },
    scanFailures: input.scanFailures,
  };
  yield `${JSON.stringify(head, null, 1).slice(0, -2)},\n "packages": [\n`;
  for (const pkg of view.outcomes.packages) {
    yield `${pkg.index === 0 ? '' : ',\n'}${JSON.stringify(describePackage(view, pkg))}`;
  }
  yield '\n ]\n}\n';
}

function describeBuild(view: ReportView): Record<string, unknown> {
  const { input } = view;
  return {
    id: input.build,
    host: input.host,
    slots: input.slots,
    platform: input.platform,
    startedAt: new Date(input.startedAtMs).toISOString(),
    endedAt: new Date(input.endedAtMs).toISOString(),
    ending: input.ending,
    baseUrl: input.baseUrl,
  };
}

/** Names of packages, and where those that failed before did so. */
function describeComparison(view: ReportView, comparison: Comparison): Record<string, unknown> {
  const { previous, since, fixed, untried, gone } = comparison;
  const listSince = (kind: Since['kind']) => selectSince(view.outcomes, comparison, kind);
  return {
    build: previous.build,
    endedAt: new Date(previous.endedAtMs).toISOString(),
    newFailures: listSince('new').map(describeFailure),
    stillFailing: listSince('still').map((pkg) => {
      const how = since.get(pkg.index);
      return { ...describeFailure(pkg), stageBefore: how?.kind === 'still' ? how.stage : undefined };
    }),
    firstFailures: listSince('first').map(describeFailure),
    fixed: fixed.map(({ pkg, stage }) => ({ ...nameOf(pkg), stageBefore: stage })),
    untried: untried.map((pkg) => ({ ...nameOf(pkg), standing: pkg.standing.kind })),
    gone: gone.map(({ pkgname, pkgpath, stage }) => ({ pkgname, pkgpath, stageBefore: stage })),
  };
}

const nameOf = ({ record }: PackageOutcome) => ({ pkgname: record.pkgname, pkgpath: record.pkgpath });

const describeFailure = (pkg: OutcomeOf<'failed'>) => ({
  ...nameOf(pkg),
  stage: pkg.standing.stage,
  reason: pkg.standing.reason,
});

/** Fields that do not apply are absent: JSON leaves out what is undefined. */
function describePackage(view: ReportView, pkg: PackageOutcome): Record<string, unknown> {
  const { record, standing, fact } = pkg;
  const logs = view.logs.listStages(record.pkgname);
  return {
    pkgname: record.pkgname,
    pkgpath: record.pkgpath,
    maintainer: record.maintainer,
    multiVersion: record.multiVersion.length > 0 ? record.multiVersion : undefined,
    standing: standing.kind,
    pbulkStatus: toPbulkStatus(standing),
    ...describeStanding(view.outcomes, pkg),
    since: view.comparison?.since.get(pkg.index)?.kind,
    breaks: pkg.breaks,
    log:
      standing.kind === 'failed' && logs.includes(standing.stage)
        ? view.logs.linkTo(record.pkgname, standing.stage)
        : undefined,
    logs: logs.length > 0 ? logs : undefined,
    run: fact === undefined ? undefined : describeRun(fact),
  };
}

function describeStanding(outcomes: Outcomes, pkg: PackageOutcome): Record<string, unknown> {
  const { standing } = pkg;
  switch (standing.kind) {
    case 'done':
      return standing.kept ? { kept: true } : {};
    case 'open':
      return {};
    case 'failed':
      return {
        class: standing.class,
        stage: standing.stage,
        reason: standing.reason,
        broken: listBroken(outcomes, pkg),
      };
    case 'prefailed':
      return { maskedBy: standing.by, reason: standing.reason };
    case 'unresolved':
      return { reason: standing.reason };
    case 'indirect-failed':
      return { culprits: standing.culprits };
    case 'indirect-prefailed':
      return { behind: standing.of, culprits: standing.culprits };
  }
}

function describeRun(fact: NonNullable<PackageOutcome['fact']>): Record<string, unknown> {
  return {
    token: fact.token,
    host: fact.origin.host,
    incarnation: fact.origin.incarnation,
    slot: fact.slot,
    startedAt: new Date(fact.startedAtMs).toISOString(),
    wallMs: fact.wallMs,
    cpuMs: fact.cpuMs,
    jobs: fact.jobs,
    diskBytes: fact.diskBytes,
    steps: fact.steps,
    ...(fact.outcome.kind === 'built'
      ? { digest: fact.outcome.digest, sizeBytes: fact.outcome.sizeBytes }
      : {}),
  };
}
