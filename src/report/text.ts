import { type Since, selectSince } from './compare.ts';
import { toPbulkCounts } from './counts.ts';
import { escapeText, shorten } from './escape.ts';
import { formatDuration, formatMinute, formatPlural, formatShare } from './format.ts';
import { type Breakage, listBreakages } from './locations.ts';
import { formatPlatform, formatReportUrl } from './meta.ts';
import { listBroken, type OutcomeOf, selectOutcomes } from './outcomes.ts';
import { compareText, type ReportView } from './view.ts';

/**
 * `report.txt`, which is also the body of the mail: first what pbulk writes, in its layout, since other
 * programs read it; below it what its readers miss. Lines below the first part never begin with one of its
 * keys.
 */
export function renderText(view: ReportView): string {
  const breakages = listBreakages(view.failed, view.outcomes);
  return [
    ...renderHeader(view),
    ...renderCounts(view),
    ...renderTopBreakages(breakages),
    ...renderFailureTable(breakages),
    ...renderTimes(view),
    ...renderComparison(view),
    ...renderFailures(view),
    ...renderBlocked(view),
    ...renderMasked(view),
    ...renderUnresolved(view),
    ...renderScanFailures(view),
    ...renderOpen(view),
  ]
    .join('\n')
    .replace(/\n*$/, '\n');
}

const TABLE_HEAD = [
  'Package                               Breaks Maintainer',
  '-------------------------------------------------------------------------',
];
const TOP_LOCATIONS = 10;
const NAMES_SHOWN = 12;
const CULPRITS_SHOWN = 3;
const OPEN_SHOWN = 20;
const REASON_CHARS = 300;
const LINE_CHARS = 78;

function renderHeader(view: ReportView): string[] {
  const { input, place } = view;
  const url = formatReportUrl(input);
  const base = url === undefined ? place.dir : `${url}/meta`;
  const title = escapeText(`${input.subjectPrefix} bulk build report`);
  return [
    title,
    '='.repeat(title.length),
    '',
    escapeText(formatPlatform(input)),
    `Compiler: ${escapeText(input.platform.compiler)}`,
    '',
    `Build start: ${formatMinute(input.startedAtMs)}`,
    `Build end:   ${formatMinute(input.endedAtMs)}`,
    '',
    `Full report: ${base}/report.html`,
    `Machine readable version: ${base}/${place.machineFile}`,
    '',
  ];
}

function renderCounts(view: ReportView): string[] {
  const counts = toPbulkCounts(view.counts);
  const { kept } = view.counts;
  const line = (words: string, count: number): string => words.padEnd(31) + String(count).padStart(5);
  return [
    line('Total number of packages:', counts.total),
    line('  Successfully built:', counts.done),
    line('  Failed to build:', counts.failed),
    line('  Depending on failed package:', counts.indirectFailed),
    line('  Explicitly broken or masked:', counts.prefailed),
    line('  Depending on masked package:', counts.indirectPrefailed),
    ...(counts.open > 0 ? [line('  Not built yet:', counts.open)] : []),
    '',
    ...(kept > 0 ? [`Of those built, ${formatPlural(kept, 'package')} kept from earlier builds.`, ''] : []),
  ];
}

function renderTopBreakages(breakages: readonly Breakage[]): string[] {
  const top = breakages
    .filter((location) => location.breaks > 0)
    // Of equals pbulk has the last path first.
    .sort((a, b) => b.breaks - a.breaks || compareText(b.pkgpath, a.pkgpath))
    .slice(0, TOP_LOCATIONS);
  if (top.length === 0) return [];
  const lines = top.map((at) => tableLine('', at.pkgpath, at.breaks, at.maintainer));
  return ['Packages breaking the most other packages', '', ...TABLE_HEAD, ...lines, ''];
}

function renderFailureTable(breakages: readonly Breakage[]): string[] {
  const lines = breakages.flatMap((at) => [
    tableLine('', at.pkgpath, at.breaks, at.maintainer),
    ...(at.isMixed
      ? at.failed.map((pkg) => tableLine('    ', pkg.record.pkgname, pkg.breaks, pkg.record.maintainer))
      : []),
  ]);
  return ['Build failures', '', ...TABLE_HEAD, ...lines, ''];
}

function tableLine(indent: string, name: string, breaks: number, maintainer: string): string {
  const head = indent + escapeText(name);
  // pbulk leaves the column out where there is nothing to say, which shows after long names.
  const table = breaks === 0 ? head.padEnd(44) : `${head.padEnd(37)} ${String(breaks).padStart(6)}`;
  return `${table} ${escapeText(maintainer)}`.trimEnd();
}

function renderTimes(view: ReportView): string[] {
  const { makespan, input } = view;
  const { busy, sandbox, starved, stopped } = input.slotSeconds;
  const total = busy + sandbox + starved + stopped;
  const share = (seconds: number, words: string): string =>
    `${words} ${formatDuration(seconds * 1_000)} (${formatShare(seconds, total)})`;
  const cause = makespan.bound === 'path' ? 'longest path' : 'work / slots';
  return [
    'Time',
    '',
    `  Makespan ${formatDuration(makespan.makespanMs)} on ${formatPlural(input.slots, 'slot')}, ` +
      `lower bound ${formatDuration(makespan.lowerBoundMs)} (${cause}), ` +
      `efficiency ${formatShare(makespan.efficiency, 1)}`,
    `  Slot time: ${share(busy, 'building')}, ${share(sandbox, 'making and cleaning sandboxes')},`,
    `    ${share(starved, 'idle with no package ready')}, ${share(stopped, 'stopped or retired')}`,
    '',
  ];
}

function renderComparison(view: ReportView): string[] {
  const { comparison } = view;
  if (comparison === undefined) return [];
  const { previous, fixed, untried, gone } = comparison;
  const count = (kind: Since['kind']): number => selectSince(view.outcomes, comparison, kind).length;
  const fresh = selectSince(view.outcomes, comparison, 'new');
  const lines = [
    `Since build ${escapeText(previous.build)}, which ended at ${formatMinute(previous.endedAtMs)}`,
    '',
    `  New failures ${fresh.length}, fixed ${fixed.length}, still failing ${count('still')}, ` +
      `failing at the first try ${count('first')},`,
    `  failed then and not tried now ${untried.length}, failed then and gone ${gone.length}`,
    '',
  ];
  const news = fresh.map(
    ({ record, standing }) => `  ${escapeText(record.pkgname)} in ${escapeText(standing.stage)}`,
  );
  const mended = fixed.map(
    ({ pkg, stage }) => `  ${escapeText(pkg.record.pkgname)}, which failed in ${escapeText(stage)}`,
  );
  return [
    ...lines,
    ...section('New failures', news.length, news),
    ...section('Fixed', mended.length, mended),
  ];
}

function renderFailures(view: ReportView): string[] {
  const lines = view.failed.flatMap((pkg) => renderFailure(view, pkg));
  return section('Why packages failed, and what each of them breaks', view.failed.length, lines);
}

const CLASS_WORDS = {
  package: '',
  timeout: ' (timed out: killed at each try)',
  infra: ' (trouble of the hosts, not of the package)',
} as const;

function renderFailure(view: ReportView, pkg: OutcomeOf<'failed'>): string[] {
  const { record, standing, fact } = pkg;
  const names = listBroken(view.outcomes, pkg);
  const time = fact === undefined ? '' : ` after ${formatDuration(fact.wallMs)}`;
  return [
    `  ${escapeText(record.pkgname)} in ${escapeText(record.pkgpath)}`,
    `    failed in ${escapeText(standing.stage)}${time}${CLASS_WORDS[standing.class]}`,
    `    why: ${shorten(escapeText(standing.reason), REASON_CHARS)}`,
    ...(view.logs.listStages(record.pkgname).includes(standing.stage)
      ? [`    log: ${logPlace(view, pkg)}`]
      : []),
    ...(names.length > 0 ? wrapWords(`    breaks ${names.length}:`, capNames(names, NAMES_SHOWN)) : []),
  ];
}

function logPlace(view: ReportView, pkg: OutcomeOf<'failed'>): string {
  const url = formatReportUrl(view.input);
  const { pkgname } = pkg.record;
  return escapeText(
    url === undefined
      ? `${view.input.logDir}/${pkgname}/${pkg.standing.stage}.log`
      : `${url}/${encodeURIComponent(pkgname)}/${encodeURIComponent(pkg.standing.stage)}.log`,
  );
}

function renderBlocked(view: ReportView): string[] {
  const blocked = selectOutcomes(view.outcomes, 'indirect-failed');
  const lines = blocked.flatMap((pkg) => culpritLines(pkg.record.pkgname, pkg.standing.culprits));
  return section('Packages not built because of a failed one', blocked.length, lines);
}

function renderMasked(view: ReportView): string[] {
  const masked = selectOutcomes(view.outcomes, 'prefailed');
  const reasons = masked.map(
    (pkg) => `  ${escapeText(pkg.record.pkgname)}: ${shorten(escapeText(pkg.standing.reason), REASON_CHARS)}`,
  );
  const behind = selectOutcomes(view.outcomes, 'indirect-prefailed').filter(
    (pkg) => pkg.standing.of === 'masked',
  );
  const lines = behind.flatMap((pkg) => culpritLines(pkg.record.pkgname, pkg.standing.culprits));
  return [
    ...section('Masked packages', masked.length, reasons),
    ...section('Packages not built because of a masked one', behind.length, lines),
  ];
}

function renderUnresolved(view: ReportView): string[] {
  const unresolved = selectOutcomes(view.outcomes, 'unresolved');
  const reasons = unresolved.map(
    (pkg) => `  ${escapeText(pkg.record.pkgname)}: ${shorten(escapeText(pkg.standing.reason), REASON_CHARS)}`,
  );
  const behind = selectOutcomes(view.outcomes, 'indirect-prefailed').filter(
    (pkg) => pkg.standing.of === 'unresolved',
  );
  const lines = behind.flatMap((pkg) => culpritLines(pkg.record.pkgname, pkg.standing.culprits));
  return [
    ...section('Packages whose dependencies cannot be resolved', unresolved.length, reasons),
    ...section('Packages not built because of an unresolved one', behind.length, lines),
  ];
}

function renderScanFailures(view: ReportView): string[] {
  const { scanFailures } = view.input;
  const lines = scanFailures.map(
    (at) => `  ${escapeText(at.pkgpath)}: ${shorten(escapeText(at.reason), REASON_CHARS)}`,
  );
  return section('Package paths whose scan failed', scanFailures.length, lines);
}

function renderOpen(view: ReportView): string[] {
  const open = selectOutcomes(view.outcomes, 'open');
  const names = open.map((pkg) => pkg.record.pkgname);
  return section(
    'Packages not built before the build stopped',
    open.length,
    wrapWords('  ', capNames(names, OPEN_SHOWN)),
  );
}

function section(title: string, count: number, lines: readonly string[]): string[] {
  return count === 0 ? [] : [`${title} (${count})`, '', ...lines, ''];
}

function culpritLines(pkgname: string, culprits: readonly string[]): string[] {
  return wrapWords(`  ${escapeText(pkgname)} <-`, capNames(culprits, CULPRITS_SHOWN));
}

/** The first names, and how many there are besides. */
function capNames(names: readonly string[], max: number): string[] {
  const shown = names.slice(0, max).map(escapeText);
  return names.length > max ? [...shown, 'and', String(names.length - max), 'more'] : shown;
}

function wrapWords(head: string, words: readonly string[]): string[] {
  const indent = ' '.repeat(head.length - head.trimStart().length + 2);
  const lines: string[] = [];
  let line = head;
  for (const word of words) {
    if (line.trim() !== '' && line.length + 1 + word.length > LINE_CHARS) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line.trim() === '' ? line + word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
