import { join } from 'node:path';
import type { BuildSummary } from '../../agent/control/protocol.ts';
import { type BuildArguments, describeAgain, describeCommand } from './again.ts';
import { escapeLine } from './escape.ts';
import { formatCount, formatDuration, formatNumberOf, formatPercent } from './format.ts';
import { type Look, paint } from './text.ts';
import type { FailedPackage } from './view.ts';

/** A summary names at most this many failed packages: the report has them all. */
const failuresShownMax = 20;

/** A build that has ended, with what the command that showed it knows besides. */
export interface EndedBuild {
  readonly summary: BuildSummary;
  readonly failures: readonly FailedPackage[];
  /** True: it went on with an earlier build, and has a plan from there. */
  readonly resumed: boolean;
  readonly asked: BuildArguments;
}

/** The last words of a build, for a person. */
export function renderSummary(ended: EndedBuild, look: Look): string[] {
  const { summary, failures } = ended;
  return [
    '',
    ...(isStoppedEarly(summary)
      ? drawEarlyStop(look)
      : [...drawHeadline(summary, look), ...drawTimes(summary)]),
    ...drawFailures(failures, summary.files.logs, look),
    ...drawKept(ended),
    '',
    ...drawFiles(summary.files),
    ...drawNext(ended),
  ];
}

/** Stopped before the agent had a plan, and so before anything could be built. */
function isStoppedEarly({ ending, counts }: BuildSummary): boolean {
  return ending === 'stopped' && counts.total === 0;
}

function drawEarlyStop(look: Look): string[] {
  return [`${paint('Build stopped', 'yellow', look)} before it began to build packages.`];
}

function drawHeadline(summary: BuildSummary, look: Look): string[] {
  const { counts } = summary;
  const open = counts.running + counts.ready + counts.waiting;
  const title = {
    complete: paint('Build complete', 'bold', look),
    stopped: paint('Build stopped', 'yellow', look),
    failed: paint('Build failed', 'red', look),
  }[summary.ending];
  if (isUpToDate(summary)) return [`${title}: ${describeUpToDate(summary)}.`];
  const built = `${formatCount(counts.built)} of ${formatNumberOf(counts.total, 'package')} built`;
  const rest = [
    ...(counts.kept > 0 ? [`${formatCount(counts.kept)} kept`] : []),
    ...(counts.failed > 0 ? [paint(`${formatCount(counts.failed)} failed`, 'red', look)] : []),
    ...(counts.blocked > 0 ? [`${formatCount(counts.blocked)} blocked by a failure`] : []),
    ...(counts.masked > 0 ? [`${formatCount(counts.masked)} not to build (masked or unresolved)`] : []),
    ...(open > 0 ? [`${formatCount(open)} left`] : []),
  ];
  const lines = [`${title}: ${[built, ...rest].join(', ')}.`];
  if (summary.scanFailures > 0) {
    const paths = formatNumberOf(summary.scanFailures, 'package path');
    lines.push(paint(`The scan of ${paths} failed: the report says why.`, 'red', look));
  }
  return lines;
}

/** Nothing was there to be built: what can be is in the repository, as the tree has it. */
function isUpToDate({ ending, counts, scanFailures }: BuildSummary): boolean {
  const { total, kept, masked } = counts;
  return ending === 'complete' && scanFailures === 0 && kept > 0 && kept + masked === total;
}

function describeUpToDate({ counts: { kept, masked } }: BuildSummary): string {
  const rest = masked > 0 ? `; ${formatCount(masked)} not to build (masked or unresolved)` : '';
  return `everything is up to date, ${formatNumberOf(kept, 'package')} kept${rest}`;
}

function drawTimes(summary: BuildSummary): string[] {
  const { makespanMs, lowerBoundMs } = summary;
  // Nothing was built by this build: there is no bound to compare with.
  const compared =
    lowerBoundMs > 0
      ? `, ${(makespanMs / lowerBoundMs).toFixed(2)} times the ${formatDuration(lowerBoundMs)} that no order on ` +
        'these slots can beat'
      : '';
  const { busy, sandbox, starved, stopped } = summary.slotSeconds;
  const whole = busy + sandbox + starved + stopped;
  const share = (seconds: number, words: string): string[] =>
    seconds > 0 && whole > 0 ? [`${formatPercent(seconds, whole).padStart(4)} ${words}`] : [];
  const [first, ...others] = [
    ...share(busy, 'building'),
    ...share(sandbox, 'making and cleaning sandboxes'),
    ...share(starved, 'idle because no package was ready'),
    ...share(stopped, 'idle because of a stop or a retired slot'),
  ];
  return [
    `  time      ${formatDuration(makespanMs)}${compared}`,
    ...(first === undefined ? [] : [`  slots    ${first}`]),
    ...others.map((line) => `           ${line}`),
  ];
}

function drawFailures(failures: readonly FailedPackage[], logDir: string, look: Look): string[] {
  if (failures.length === 0) return [];
  const lines = ['', paint('Failed:', 'bold', look)];
  for (const failure of failures.slice(0, failuresShownMax)) {
    const reason = failure.reason === '' ? '' : `: ${escapeLine(failure.reason)}`;
    lines.push(`  ${paint(escapeLine(failure.pkg), 'red', look)} in ${escapeLine(failure.stage)}${reason}`);
    lines.push(`    ${escapeLine(join(logDir, failure.pkg, `${failure.stage}.log`))}`);
  }
  const hidden = failures.length - failuresShownMax;
  if (hidden > 0) lines.push(`  and ${formatCount(hidden)} more, in the report`);
  return lines;
}

/** Whose sandbox can be looked into, for a time. */
function drawKept({ summary: { keptSandboxes = [] }, asked }: EndedBuild): string[] {
  const [first, ...others] = keptSandboxes;
  if (first === undefined) return [];
  const also = others.length === 0 ? '' : `; also kept: ${others.map(escapeLine).join(', ')}`;
  return ['', `${describeCommand(asked.config, ['sandbox', 'enter', first])} leads into its sandbox${also}.`];
}

/** A build that ended before its plan has no report: what has no path has no line. */
function drawFiles({ reportText, reportHtml, logs, packages }: BuildSummary['files']): string[] {
  const reports = [reportText, reportHtml].filter((path) => path !== '');
  return [
    ...reports.map((path, i) => `  ${(i === 0 ? 'report' : '').padEnd(10)}${path}`),
    ...(logs === '' ? [] : [`  logs      ${logs}`]),
    ...(packages === '' ? [] : [`  packages  ${packages}`]),
  ];
}

function drawNext({ summary, failures, resumed, asked }: EndedBuild): string[] {
  const first = failures[0];
  const again = describeAgain(asked);
  switch (summary.ending) {
    case 'stopped':
      return isStoppedEarly(summary) && !resumed
        ? ['', `Next: ${again} starts from the beginning: nothing had been built yet.`]
        : ['', `Next: ${again} goes on where this one stopped${describeNotTried(summary)}.`];
    case 'failed':
      return [];
    case 'complete': {
      if (first === undefined) return [];
      const log = describeCommand(asked.config, ['log', first.pkg]);
      return ['', `Next: ${log} shows why; when it is mended, ${again} again.`];
    }
  }
}

/** Failures are facts of a build: going on with it takes them as they are, whatever was mended since. */
function describeNotTried({ counts, scanFailures }: BuildSummary): string {
  return counts.failed + scanFailures === 0 ? '' : '; what failed is not tried again (--fresh for that)';
}
