import type { Counts, Phase, SlotView, Snapshot } from '../../agent/control/protocol.ts';
import { escapeLine } from './escape.ts';
import {
  formatClock,
  formatCount,
  formatDuration,
  formatEnd,
  formatEstimate,
  formatPercent,
} from './format.ts';
import { boardWidthMax, nameSlots, renderSlots } from './slots.ts';
import { drawSpans, type Look, measureText, type Span, span } from './text.ts';
import { measureProgress } from './view.ts';

/** The room and the means there are for a board. */
export interface BoardSize extends Look {
  readonly width: number;
  /** The board has at most this many lines; at least 4. */
  readonly rows: number;
}

/**
 * The board: a line of what goes on, a line per slot, a bar, counts. Each line has at most `width` columns.
 * Slots that do not fit `rows` are counted in one line, those that run nothing first.
 */
export function renderBoard(snapshot: Snapshot, size: BoardSize, nowMs: number): string[] {
  const foot = renderFoot(snapshot, size, nowMs);
  const room = Math.max(1, size.rows - foot.length - 1);
  return [renderHead(snapshot, size, nowMs), ...renderSlots(listSlots(snapshot), size, room, nowMs), ...foot];
}

/** What of a build its first line and its last ones show. */
export type ShownBuild = Pick<
  Snapshot,
  'phase' | 'build' | 'stopping' | 'startedAtMs' | 'scan' | 'counts' | 'predictedEndMs' | 'waiting'
>;

/** What a phase is called in a sentence. */
export const phaseWords: Readonly<Record<Phase, string>> = {
  idle: 'idle',
  preparing: 'preparing',
  scanning: 'scanning the tree',
  resolving: 'resolving dependencies',
  building: 'building',
  reporting: 'writing the report',
};

/** What goes on, and for how long. */
export function renderHead(snapshot: ShownBuild, size: BoardSize, nowMs: number): string {
  const left: Span[] = [span(phaseWords[snapshot.phase], 'bold')];
  // Of an idle agent there is no more to say: neither a time that passes nor a build that goes on.
  if (snapshot.phase === 'idle') return drawSpans(left, size.width, size);
  if (snapshot.stopping === 'drain') left.push(span('  stopping: what runs may finish', 'yellow'));
  if (snapshot.stopping === 'now') left.push(span('  stopping now', 'yellow'));
  const right = snapshot.startedAtMs === undefined ? '' : formatDuration(nowMs - snapshot.startedAtMs);
  const id = snapshot.build === undefined ? '' : `  ${escapeLine(snapshot.build)}`;
  // The build's name is the first to go where there is little room: it is in the report as well.
  const isRoomy = measureSpans(left) + measureText(id) + 2 + right.length <= size.width;
  return drawSides(isRoomy ? [...left, span(id, 'dim')] : left, span(right), size);
}

/** How far it is: what is in the way, a bar, counts. */
export function renderFoot(snapshot: ShownBuild, size: BoardSize, nowMs: number): string[] {
  const { counts, phase, scan } = snapshot;
  // What an idle agent still knows of its last build is no progress.
  if (phase === 'idle') return [];
  if (counts !== undefined) {
    const { done, whole } = measureProgress(counts);
    return [
      ...drawWaiting(snapshot, size),
      drawBar(done, counts.failed + counts.blocked, whole, drawEnd(snapshot, nowMs), size),
      drawSpans(drawCounts(counts), size.width, size),
    ];
  }
  if (phase !== 'scanning' || scan === undefined || scan.total === 0) return [];
  const { done, total, failed } = scan;
  const note = failed === 0 ? '' : `${formatCount(failed)} failed`;
  return [drawBar(done, failed, total, note, size)];
}

function drawWaiting({ waiting }: ShownBuild, size: BoardSize): string[] {
  return waiting === undefined ? [] : [drawSpans([span(escapeLine(waiting), 'yellow')], size.width, size)];
}

/** One bar in one line: done (those that went wrong in red at its end), the rest, percentage, share, note. */
function drawBar(done: number, bad: number, whole: number, note: string, size: BoardSize): string {
  const share = `${formatCount(done)}/${formatCount(whole)}`;
  const words = ` ${formatPercent(done, whole).padStart(4)}  ${share}${note === '' ? '' : `  ${note}`}`;
  const room = Math.min(60, size.width - measureText(words) - (size.unicode ? 0 : 2));
  if (room < 8) return drawSpans([span(words.trimStart())], size.width, size);
  const filled = whole === 0 ? 0 : Math.floor((room * Math.min(done, whole)) / whole);
  const red = Math.min(filled, done === 0 || bad === 0 ? 0 : Math.max(1, Math.round((filled * bad) / done)));
  const [full, wrong, empty] = size.unicode ? ['━', '━', '─'] : ['#', 'x', '-'];
  const bar = [
    span(full.repeat(filled - red), 'green'),
    span(wrong.repeat(red), 'red'),
    span(empty.repeat(room - filled), 'dim'),
  ];
  const framed = size.unicode ? bar : [span('['), ...bar, span(']')];
  return drawSpans([...framed, span(words)], size.width, size);
}

function drawEnd(snapshot: ShownBuild, nowMs: number): string {
  if (snapshot.predictedEndMs === undefined || snapshot.phase !== 'building') return '';
  // The prediction is of the whole build, which a stop cuts short.
  if (snapshot.stopping !== undefined) return '';
  if (snapshot.counts === undefined || !isPredictable(snapshot.counts)) return '';
  const leftMs = snapshot.predictedEndMs - nowMs;
  if (leftMs < 1000) return 'ends about now';
  const end =
    leftMs < 120_000 ? formatClock(snapshot.predictedEndMs) : formatEnd(snapshot.predictedEndMs, nowMs);
  return `ends ~${end}, in ${formatEstimate(leftMs)}`;
}

/** Before a few have ended most times are guesses, and the end made of them is far off. */
const endedMin = 3;
const endedShareMin = 0.05;

function isPredictable(counts: Counts): boolean {
  const ended = counts.built + counts.failed;
  return ended >= endedMin || (ended > 0 && ended >= endedShareMin * measureProgress(counts).whole);
}

/** `12 built  1 failed  ...`: what is nought stays dim, so that the eye finds what is not. */
function drawCounts(counts: Counts): Span[] {
  const parts: Span[] = [
    span(`${formatCount(counts.built)} built`, 'green'),
    span(`${formatCount(counts.failed)} failed`, counts.failed === 0 ? 'dim' : 'red'),
    span(`${formatCount(counts.blocked)} blocked`, counts.blocked === 0 ? 'dim' : 'red'),
    span(`${formatCount(counts.running)} running`, 'cyan'),
    span(`${formatCount(counts.ready)} ready`),
    span(`${formatCount(counts.waiting)} waiting`),
  ];
  if (counts.kept > 0) parts.push(span(`${formatCount(counts.kept)} kept`, 'dim'));
  if (counts.masked > 0) parts.push(span(`${formatCount(counts.masked)} not to build`, 'dim'));
  return parts.flatMap((part, index) => (index === 0 ? [part] : [span('  '), part]));
}

/** Of a host that builds with others, the slots of all, each under the name of its host. */
function listSlots({ slots, mesh }: Snapshot): readonly SlotView[] {
  if (mesh === undefined) return slots;
  return [{ name: mesh.name, slots }, ...mesh.others].flatMap((host) => nameSlots(host.name, host.slots));
}

function drawSides(left: readonly Span[], right: Span, size: BoardSize): string {
  if (right.text === '') return drawSpans(left, size.width, size);
  const gap = Math.min(size.width, boardWidthMax) - measureSpans(left) - measureText(right.text);
  return drawSpans([...left, span(' '.repeat(Math.max(2, gap))), right], size.width, size);
}

function measureSpans(spans: readonly Span[]): number {
  return spans.reduce((sum, part) => sum + measureText(part.text), 0);
}
