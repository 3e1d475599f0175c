import type { Counts, Phase, SlotView, Snapshot } from '../../agent/control/protocol.ts';
import { escapeLine } from './escape.ts';
import {
  formatClock,
  formatCount,
  formatDuration,
  formatEnd,
  formatEstimate,
  formatNumberOf,
  formatPercent,
} from './format.ts';
import { drawSpans, fitText, type Look, measureText, type Span, span } from './text.ts';
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
  const foot = drawFoot(snapshot, size, nowMs);
  const room = Math.max(1, size.rows - foot.length - 1);
  return [drawHead(snapshot, size, nowMs), ...drawSlots(snapshot.slots, size, room, nowMs), ...foot];
}

/** What a phase is called in a sentence. */
export const phaseWords: Readonly<Record<Phase, string>> = {
  idle: 'idle',
  preparing: 'preparing',
  scanning: 'scanning the tree',
  resolving: 'resolving dependencies',
  building: 'building',
  reporting: 'writing the report',
};

function drawHead(snapshot: Snapshot, size: BoardSize, nowMs: number): string {
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

function drawSlots(slots: readonly SlotView[], size: BoardSize, room: number, nowMs: number): string[] {
  const shown = slots.length <= room ? slots : pickSlots(slots, room - 1);
  const nameWidth = Math.max(0, ...shown.map((slot) => measureText(escapeLine(slot.slot))));
  const lines = shown.map((slot) => drawSlot(slot, nameWidth, size, nowMs));
  const hidden = slots.length - shown.length;
  if (hidden > 0)
    lines.push(drawSpans([span(`and ${formatNumberOf(hidden, 'more slot')}`, 'dim')], size.width, size));
  return lines;
}

/**
 * The `count` slots that say most, in their own order: running ones, then those that change, then idle ones.
 */
function pickSlots(slots: readonly SlotView[], count: number): readonly SlotView[] {
  const weight = (slot: SlotView): number => (slot.state === 'running' ? 0 : slot.state === 'ready' ? 2 : 1);
  const picked = new Set([...slots].sort((a, b) => weight(a) - weight(b)).slice(0, Math.max(0, count)));
  return slots.filter((slot) => picked.has(slot));
}

/** Further to the right the eye loses the line. */
const boardWidthMax = 100;
const stageWidth = 16;
const timeWidth = 6;

function drawSlot(slot: SlotView, nameWidth: number, size: BoardSize, nowMs: number): string {
  const name = span(`${fitText(escapeLine(slot.slot), nameWidth, size)}  `, 'dim');
  if (slot.state !== 'running' || slot.pkg === undefined) {
    const word = slot.state === 'ready' ? 'idle' : slot.state;
    return drawSpans([name, span(word, slot.state === 'retired' ? 'red' : 'dim')], size.width, size);
  }
  const total = formatDuration(nowMs - (slot.startedAtMs ?? nowMs)).padStart(timeWidth);
  const jobs = slot.jobs === undefined ? '' : `-j${slot.jobs}`.padStart(5);
  const stage = escapeLine(slot.stage ?? 'starting');
  // The package's name gets what the other columns leave; narrow terminals lose jobs first, then the stage.
  const room = size.width - nameWidth - 2;
  const withStage = room >= 16 + 2 + stageWidth + 1 + timeWidth;
  const withJobs = withStage && room >= 20 + 2 + stageWidth + 1 + timeWidth + 5;
  const fixed = 1 + timeWidth + (withStage ? 2 + stageWidth : 0) + (withJobs ? 5 : 0);
  const pkgWidth = Math.max(1, Math.min(48, room - fixed));
  return drawSpans(
    [
      name,
      span(fitText(escapeLine(slot.pkg), pkgWidth, size)),
      ...(withStage ? [span(`  ${fitText(stage, stageWidth, size)}`, 'cyan')] : []),
      span(` ${total}`),
      ...(withJobs ? [span(jobs, 'dim')] : []),
    ],
    size.width,
    size,
  );
}

function drawFoot(snapshot: Snapshot, size: BoardSize, nowMs: number): string[] {
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

function drawWaiting({ waiting }: Snapshot, size: BoardSize): string[] {
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

function drawEnd(snapshot: Snapshot, nowMs: number): string {
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

function drawSides(left: readonly Span[], right: Span, size: BoardSize): string {
  if (right.text === '') return drawSpans(left, size.width, size);
  const gap = Math.min(size.width, boardWidthMax) - measureSpans(left) - measureText(right.text);
  return drawSpans([...left, span(' '.repeat(Math.max(2, gap))), right], size.width, size);
}

function measureSpans(spans: readonly Span[]): number {
  return spans.reduce((sum, part) => sum + measureText(part.text), 0);
}
