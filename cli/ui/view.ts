import type { BuildEvent, Counts, SlotView, Snapshot } from '../../agent/control/protocol.ts';

/** A package that failed while this command was watching. */
export interface FailedPackage {
  readonly pkg: string;
  readonly stage: string;
  readonly reason: string;
}

/**
 * The snapshot as it is after one more event. Snapshots come seldom, other events at once: between two of
 * them the slots and counts are kept up here, and the next snapshot corrects what that got wrong.
 */
export function applyEvent(snapshot: Snapshot, event: BuildEvent): Snapshot {
  switch (event.kind) {
    case 'snapshot':
      return event.snapshot;
    case 'phase':
      return { ...snapshot, phase: event.phase };
    case 'started':
      return {
        ...snapshot,
        counts: shiftCounts(snapshot.counts, { ready: -1, running: 1 }),
        slots: changeSlot(snapshot.slots, event.slot, {
          state: 'running',
          pkg: event.pkg,
          stage: undefined,
          jobs: event.jobs,
          startedAtMs: event.atMs,
          stageAtMs: event.atMs,
        }),
      };
    case 'stage':
      return {
        ...snapshot,
        slots: snapshot.slots.map((slot) =>
          slot.slot === event.slot && slot.pkg === event.pkg
            ? { ...slot, stage: event.stage, stageAtMs: event.atMs }
            : slot,
        ),
      };
    case 'ended':
      return endPackage(snapshot, event);
    case 'scanFailed':
    case 'warning':
    case 'finished':
      return snapshot;
  }
}

/** An agent's state before anything is known of it. */
export const emptySnapshot: Snapshot = {
  phase: 'idle',
  build: undefined,
  stopping: undefined,
  startedAtMs: undefined,
  scan: undefined,
  counts: undefined,
  slots: [],
  predictedEndMs: undefined,
};

/** Packages with their end, and packages that can get one: masked and unresolved ones never do. */
export function measureProgress(counts: Counts): { readonly done: number; readonly whole: number } {
  return {
    done: counts.built + counts.failed + counts.blocked,
    whole: Math.max(0, counts.total - counts.masked),
  };
}

function endPackage(snapshot: Snapshot, event: Extract<BuildEvent, { kind: 'ended' }>): Snapshot {
  const change =
    event.outcome.kind === 'built'
      ? { running: -1, built: 1 }
      : { running: -1, failed: 1, blocked: event.blocks, waiting: -event.blocks };
  return {
    ...snapshot,
    counts: shiftCounts(snapshot.counts, change),
    slots: changeSlot(snapshot.slots, event.slot, {
      state: 'cleaning',
      pkg: undefined,
      stage: undefined,
      jobs: undefined,
      startedAtMs: undefined,
      stageAtMs: undefined,
    }),
  };
}

function shiftCounts(counts: Counts | undefined, change: Partial<Counts>): Counts | undefined {
  if (counts === undefined) return undefined;
  const shift = (key: keyof Counts): number => Math.max(0, counts[key] + (change[key] ?? 0));
  return {
    total: counts.total,
    built: shift('built'),
    failed: shift('failed'),
    blocked: shift('blocked'),
    masked: counts.masked,
    running: shift('running'),
    ready: shift('ready'),
    waiting: shift('waiting'),
  };
}

function changeSlot(
  slots: readonly SlotView[],
  name: string,
  state: Omit<SlotView, 'slot'>,
): readonly SlotView[] {
  const changed: SlotView = { slot: name, ...state };
  if (!slots.some((slot) => slot.slot === name)) return [...slots, changed];
  return slots.map((slot) => (slot.slot === name ? changed : slot));
}
