import { join } from 'node:path';
import type { BuildSummary } from '../../agent/control/protocol.ts';
import { escapeLine } from './escape.ts';
import { formatCount, formatDuration, formatNumberOf, formatPercent } from './format.ts';
import { type Look, paint } from './text.ts';
import type { FailedPackage } from './view.ts';

/** A summary names at most this many failed packages: the report has them all. */
const failuresShownMax = 20;

/** The last words of a build, for a person. */
export function renderSummary(
  summary: BuildSummary,
  failures: readonly FailedPackage[],
  look: Look,
): string[] {
  return [
    '',
    ...drawHeadline(summary, look),
    ...drawTimes(summary),
    ...drawFailures(failures, summary.files.logs, look),
    '',
    `  report    ${summary.files.reportText}`,
    `            ${summary.files.reportHtml}`,
    `  logs      ${summary.files.logs}`,
    `  packages  ${summary.files.packages}`,
    ...drawNext(summary, failures),
  ];
}

function drawHeadline(summary: BuildSummary, look: Look): string[] {
  const { counts } = summary;
  const open = counts.running + counts.ready + counts.waiting;
  const title = {
    complete: paint('Build complete', 'bold', look),
    stopped: paint('Build stopped', 'yellow', look),
    failed: paint('Build failed', 'red', look),
  }[summary.ending];
  const built = `${formatCount(counts.built)} of ${formatNumberOf(counts.total, 'package')} built`;
  const rest = [
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

function drawTimes(summary: BuildSummary): string[] {
  const makespan = formatDuration(summary.makespanMs);
  const floor = formatDuration(summary.lowerBoundMs);
  const ratio = summary.lowerBoundMs > 0 ? summary.makespanMs / summary.lowerBoundMs : 0;
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
    `  time      ${makespan}, ${ratio.toFixed(2)} times the ${floor} that no order on these slots can beat`,
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

function drawNext(summary: BuildSummary, failures: readonly FailedPackage[]): string[] {
  const first = failures[0];
  switch (summary.ending) {
    case 'stopped':
      return ['', 'Next: "bulkmesh build" goes on where this one stopped.'];
    case 'failed':
      return [];
    case 'complete':
      if (first === undefined) return [];
      return [
        '',
        `Next: "bulkmesh log ${escapeLine(first.pkg)}" shows why; when it is mended, "bulkmesh build" again.`,
      ];
  }
}
