import type { SlotView } from '../../agent/control/protocol.ts';
import { escapeLine } from './escape.ts';
import { formatDuration, formatNumberOf } from './format.ts';
import { drawSpans, fitText, type Look, measureText, span } from './text.ts';

/** Further to the right the eye loses the line. */
export const boardWidthMax = 100;

interface Width extends Look {
  readonly width: number;
}

/** The slots of one host, as they are called among those of all: `host:slot`. */
export function nameSlots(host: string, slots: readonly SlotView[]): readonly SlotView[] {
  return slots.map((slot) => ({ ...slot, slot: `${host}:${slot.slot}` }));
}

/** A line per slot; those that do not fit `room` lines are counted in one, those that run nothing first. */
export function renderSlots(slots: readonly SlotView[], size: Width, room: number, nowMs: number): string[] {
  const shown = slots.length <= room ? slots : pickSlots(slots, room - 1);
  const nameWidth = Math.max(0, ...shown.map((slot) => measureText(escapeLine(slot.slot))));
  const lines = shown.map((slot) => renderSlot(slot, nameWidth, size, nowMs));
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

const stageWidth = 16;
const timeWidth = 6;

/** One slot in one line, its name in `nameWidth` columns. */
function renderSlot(slot: SlotView, nameWidth: number, size: Width, nowMs: number): string {
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
