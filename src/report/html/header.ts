import type { Since } from '../compare.ts';
import { countFailed } from '../counts.ts';
import { escapeHtml } from '../escape.ts';
import { formatCount, formatDuration, formatMinute, formatPlural, formatShare } from '../format.ts';
import { formatPlatform } from '../meta.ts';
import type { ReportView } from '../view.ts';
import { type Html, renderBar } from './markup.ts';

/** Title, figures and times: what a reader wants to know before any list. */
export function renderHeader(view: ReportView): Html {
  const { input, counts } = view;
  const left = formatPlural(counts.open, 'package');
  const stopped =
    input.ending === 'stopped'
      ? `<p class="stopped">This build was stopped: ${left} not built yet.</p>\n`
      : '';
  const facts = [
    escapeHtml(input.platform.compiler),
    `${formatMinute(input.startedAtMs)} to ${formatEnd(view)} UTC`,
    `${formatPlural(input.slots, 'slot')} on ${nameHosts(view)}`,
    `build <code>${escapeHtml(input.build)}</code>`,
  ];
  return `<header>
<p class="kicker">${escapeHtml(input.subjectPrefix)} bulk build report</p>
<h1>${escapeHtml(formatPlatform(input))}</h1>
<p class="sub">${facts.join(' · ')}</p>
${stopped}${renderTiles(view)}${renderTimes(view)}</header>
`;
}

function nameHosts({ hosts, input }: ReportView): Html {
  return hosts.length > 1 ? formatPlural(hosts.length, 'host') : escapeHtml(input.host);
}

function formatEnd({ input }: ReportView): string {
  const start = formatMinute(input.startedAtMs);
  const end = formatMinute(input.endedAtMs);
  return start.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end;
}

function renderTiles(view: ReportView): Html {
  const { counts } = view;
  const tiles: readonly (readonly [string, string, number, string])[] = [
    ['done', 'built', counts.done - counts.kept, 'built'],
    ['kept', 'kept', counts.kept, 'kept, up to date'],
    ['failed', 'failed', countFailed(counts), 'failed'],
    ['blocked', 'blocked', counts.indirectFailed, 'blocked by a failure'],
    ['masked', 'masked', counts.masked, 'masked'],
    ['behind', 'behind-masked', counts.indirectMasked, 'blocked by a mask'],
    ['unresolved', 'unresolved', counts.unresolved, 'unresolved'],
    ['behind', 'behind-unresolved', counts.indirectUnresolved, 'blocked by an unresolved one'],
    ['open', 'open', counts.open, 'not built yet'],
    ['scan', 'scan', view.input.scanFailures.length, 'scan failures'],
  ];
  const items = tiles
    .filter(([tone, , count]) => count > 0 || tone === 'done' || tone === 'failed')
    .map(([tone, id, count, words]) => {
      const body = `<b>${formatCount(count)}</b>${words}`;
      return `<li class="${tone}">${count > 0 ? `<a href="#${id}">${body}</a>` : `<span>${body}</span>`}`;
    });
  const bar = renderBar([
    { value: counts.done - counts.kept, tone: 'done' },
    { value: counts.kept, tone: 'kept' },
    { value: countFailed(counts), tone: 'failed' },
    { value: counts.indirectFailed, tone: 'blocked' },
    { value: counts.masked, tone: 'masked' },
    { value: counts.unresolved, tone: 'unresolved' },
    { value: counts.indirectMasked + counts.indirectUnresolved, tone: 'behind' },
    { value: counts.open, tone: 'open' },
  ]);
  return `<p class="total">${formatPlural(counts.total, 'package')}</p>
${bar}<ul class="tiles">
${items.join('\n')}
</ul>
${renderSince(view)}`;
}

/** What changed for the better and for the worse. */
function renderSince({ comparison, failed }: ReportView): Html {
  if (comparison === undefined) return '';
  const { previous, since, fixed, untried, gone } = comparison;
  const count = (kind: Since['kind']): number =>
    [...since.values()].filter((how) => how.kind === kind).length;
  const fresh = count('new');
  // Where all failures are new, their list is not repeated.
  const listed = fresh === failed.length ? '#failed' : '#new';
  const parts = [
    fresh === 0
      ? '<b class="good">no new failure</b>'
      : `<a href="${listed}"><b class="bad">${formatPlural(fresh, 'new failure')}</b></a>`,
    ...(fixed.length > 0
      ? [`<a href="#fixed"><b class="good">${formatCount(fixed.length)} fixed</b></a>`]
      : []),
    ...formatSome(count('still'), 'still failing'),
    ...formatSome(count('first'), 'failing at the first try'),
    ...formatSome(untried.length, 'failed then and not tried now'),
    ...(gone.length > 0 ? [`<a href="#gone">${formatCount(gone.length)} failed then and gone</a>`] : []),
  ];
  return `<p class="compared">Since build <code>${escapeHtml(previous.build)}</code> of \
${formatMinute(previous.endedAtMs)}: ${parts.join(', ')}</p>
`;
}

const formatSome = (count: number, words: string): readonly string[] =>
  count > 0 ? [`${formatCount(count)} ${words}`] : [];

function renderTimes(view: ReportView): Html {
  const { makespan } = view;
  const { slotSeconds, slots } = view.input;
  const total = slotSeconds.busy + slotSeconds.sandbox + slotSeconds.starved + slotSeconds.stopped;
  const causes = [
    { tone: 's-busy', value: slotSeconds.busy, words: 'building' },
    { tone: 's-sandbox', value: slotSeconds.sandbox, words: 'making and cleaning sandboxes' },
    { tone: 's-starved', value: slotSeconds.starved, words: 'idle, no package ready' },
    { tone: 's-stopped', value: slotSeconds.stopped, words: 'idle, stopped or retired' },
  ];
  const legend = causes.map(
    (cause) =>
      `<li class="${cause.tone}">${cause.words} <b>${formatShare(cause.value, total)}</b> ` +
      `<span class="mute">${formatDuration(cause.value * 1_000)}</span>`,
  );
  const bound =
    makespan.bound === 'path'
      ? 'the longest chain of dependencies, whatever the number of slots'
      : `work / ${formatPlural(slots, 'slot')}; more slots would lower it`;
  return `<dl class="times">
<div><dt>Makespan<dd>${formatDuration(makespan.makespanMs)}</div>
<div><dt>Lower bound<dd>${formatDuration(makespan.lowerBoundMs)}<small>${bound}</small></div>
<div><dt>Efficiency<dd>${formatShare(makespan.efficiency, 1)}<small>lower bound / makespan</small></div>
<div><dt>Work<dd>${formatDuration(makespan.workMs)}<small>all runs together</small></div>
</dl>
<p class="barname">Where the slot time went</p>
${renderBar(causes)}<ul class="legend">
${legend.join('\n')}
</ul>
${renderPath(view)}`;
}

function renderPath(view: ReportView): Html {
  const { longestPath, longestPathMs } = view.makespan;
  if (longestPath.length < 2) return '';
  const steps = longestPath.map((name) => {
    const fact = view.input.facts.get(name);
    return `<li>${escapeHtml(name)} <span class="mute">${formatDuration(fact?.wallMs ?? 0)}</span>`;
  });
  const length = formatPlural(longestPath.length, 'package');
  return `<details class="path"><summary>Longest chain: ${length}, ${formatDuration(longestPathMs)}</summary>
<ol>
${steps.join('\n')}
</ol></details>
`;
}
