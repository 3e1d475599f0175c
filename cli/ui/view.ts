import type { BuildEvent, Counts, SlotView, Snapshot } from '../../agent/control/protocol.ts';

/** A package that failed while this command was watching. */
export interface FailedPackage {
  readonly pkg: string;
  readonly stage: string;
  readonly reason: string;
}

/**
 * The snapshot as it is after one more event. Snapshots come seldom, other events at once: between two of
 * them the slots are kept up here, and the next snapshot corrects what that got wrong. Counts are the agent's
 * own, never added up: they come with each end of a package and with each snapshot.
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

/**
 * Packages with their end, and packages that can get one in this build: masked and unresolved ones never do, and what
 * is up to date has had it.
 */
export function measureProgress(counts: Counts): { readonly done: number; readonly whole: number } {
  return {
    done: counts.built + counts.failed + counts.blocked,
    whole: Math.max(0, counts.total - counts.masked - counts.kept),
  };
}

function endPackage(snapshot: Snapshot, event: Extract<BuildEvent, { kind: 'ended' }>): Snapshot {
  // The slots of other hosts come with each snapshot alone.
  if (event.host !== undefined) return { ...snapshot, counts: event.counts ?? snapshot.counts };
  return {
    ...snapshot,
    counts: event.counts ?? snapshot.counts,
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

function changeSlot(
  slots: readonly SlotView[],
  name: string,
  state: Omit<SlotView, 'slot'>,
): readonly SlotView[] {
  const changed: SlotView = { slot: name, ...state };
  if (!slots.some((slot) => slot.slot === name)) return [...slots, changed];
  return slots.map((slot) => (slot.slot === name ? changed : slot));
}
