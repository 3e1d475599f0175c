import type { Wait } from './dispatch/wait.ts';
import type { Fact } from './facts/fact.ts';
import type { Trouble } from './failure/trouble.ts';
import type { PlanId, SlotName, TaskName, Token } from './ids.ts';

/**
 * What the agent asks of the world. The order of kinds in a step is fixed: persist, announce, cancel, clean,
 * prepare, start, retire, sweep, planEnded, wake, note. The shell finishes every `persist` of a step, durably, before it carries out
 * what follows: nobody hears of a fact that a crash could take back.
 */
export type Effect =
  | { readonly kind: 'persist'; readonly facts: readonly Fact[] }
  | { readonly kind: 'announce'; readonly facts: readonly Fact[] }
  | { readonly kind: 'cancel'; readonly slot: SlotName; readonly token: Token; readonly reason: string }
  /** `order`: a number that the answer carries. */
  | { readonly kind: 'clean'; readonly slot: SlotName; readonly order: number }
  | { readonly kind: 'prepare'; readonly slot: SlotName; readonly order: number }
  | {
      readonly kind: 'start';
      readonly slot: SlotName;
      readonly planId: PlanId;
      readonly task: TaskName;
      readonly token: Token;
      /** MAKE_JOBS for this run. */
      readonly jobs: number;
      readonly work: WorkArea;
    }
  | {
      readonly kind: 'retire';
      readonly slot: SlotName;
      readonly replacement: SlotName;
      readonly reason: string;
    }
  /** Clean away what earlier lives and retired slots left; `swept` answers it, and until then none is asked for. */
  | { readonly kind: 'sweep' }
  | { readonly kind: 'planEnded'; readonly planId: PlanId; readonly ending: PlanEnding }
  | { readonly kind: 'wake'; readonly at: number }
  | { readonly kind: 'note'; readonly note: Note };

/** Where the work area of a run lies: `disk`, or in memory, at most `sizeBytes`, which are reserved for it. */
export type WorkArea = { readonly kind: 'disk' } | { readonly kind: 'memory'; readonly sizeBytes: number };

/** `complete`: every task has its end. `stopped`: the user's word; the rest can be resumed. */
export type PlanEnding = 'complete' | 'stopped';

/** Something a person may want to read in the log; no behaviour hangs on it. */
export type Note =
  | {
      readonly kind: 'attemptTroubled';
      readonly planId: PlanId;
      readonly task: TaskName;
      readonly slot: SlotName;
      readonly trouble: Trouble;
      readonly detail: string;
      readonly attempt: number;
    }
  | { readonly kind: 'slotTrouble'; readonly slot: SlotName; readonly detail: string }
  /** Nothing starts, for the time being. */
  | { readonly kind: 'waiting'; readonly wait: Wait }
  /** A run was ended to save the disk; its task comes again, and is not charged. */
  | {
      readonly kind: 'evicted';
      readonly task: TaskName;
      readonly slot: SlotName;
      readonly freeBytes: number;
      readonly totalBytes: number;
    }
  | { readonly kind: 'staleResult'; readonly slot: SlotName; readonly token: Token };

/** The effects of one step in the fixed order of their kinds; those of one kind stay in the order they came. */
export const orderEffects = (effects: readonly Effect[]): readonly Effect[] =>
  effects.toSorted((a, b) => orderOfKind[a.kind] - orderOfKind[b.kind]);

const orderOfKind: Readonly<Record<Effect['kind'], number>> = {
  persist: 0,
  announce: 1,
  cancel: 2,
  clean: 3,
  prepare: 4,
  start: 5,
  retire: 6,
  sweep: 7,
  planEnded: 8,
  wake: 9,
  note: 10,
};
