import type { Counts, SlotView, Snapshot } from '../../../agent/control/protocol.ts';
import type { Look } from '../../../cli/ui/text.ts';

/** Fixed pieces for pictures of the user interface: noon of a day, local time. */
export const noonMs = new Date(2026, 10, 23, 12, 0, 0).getTime();
export const bare: Look = { colour: false, unicode: true };
export const ascii: Look = { colour: false, unicode: false };

export const noCounts: Counts = {
  total: 0,
  built: 0,
  failed: 0,
  blocked: 0,
  masked: 0,
  kept: 0,
  running: 0,
  ready: 0,
  waiting: 0,
};

export const runningSlot = (slot: string, pkg: string, stage: string, sinceS: number): SlotView => ({
  slot,
  state: 'running',
  pkg,
  stage,
  jobs: 4,
  startedAtMs: noonMs - sinceS * 1000,
  stageAtMs: noonMs - sinceS * 500,
});

export const quietSlot = (slot: string, state: SlotView['state']): SlotView => ({
  slot,
  state,
  pkg: undefined,
  stage: undefined,
  jobs: undefined,
  startedAtMs: undefined,
  stageAtMs: undefined,
});

/** A build of 32 packages halfway. */
export const building: Snapshot = {
  phase: 'building',
  build: '20261123T104800Z-abc123',
  stopping: undefined,
  startedAtMs: noonMs - 12 * 60_000,
  scan: { done: 32, total: 32, failed: 0 },
  counts: {
    ...noCounts,
    total: 32,
    built: 11,
    failed: 1,
    blocked: 2,
    masked: 2,
    running: 2,
    ready: 4,
    waiting: 10,
  },
  slots: [
    runningSlot('build-1', 'perl-5.36.0nb1', 'build', 192),
    runningSlot('build-2', 'libffi-3.4.4', 'configure', 4),
    quietSlot('build-3', 'ready'),
    quietSlot('build-10', 'cleaning'),
  ],
  predictedEndMs: noonMs + 31 * 60_000,
};
