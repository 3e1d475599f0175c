import type { Wait } from './dispatch/wait.ts';
import type { Entry, Fact } from './facts/fact.ts';
import type { Trouble } from './failure/trouble.ts';
import type { HostId, PlanId, SessionId, SlotName, TaskName, Token } from './ids.ts';
import type { Message } from './message.ts';

/**
 * What the agent asks of the world. The order of kinds in a step is fixed, see `orderOfKind`. The shell finishes every
 * `persist` of a step, durably, before it carries out what follows: nobody hears of a fact that a crash could take back.
 */
export type Effect =
  /** Entries that this agent made. */
  | { readonly kind: 'persist'; readonly entries: readonly Entry[] }
  /** Entries that others made, and keep: durable within a second or so, and no harm when they are lost. */
  | { readonly kind: 'keep'; readonly entries: readonly Entry[] }
  /** For people: what has become known, of whichever host. */
  | { readonly kind: 'announce'; readonly facts: readonly Fact[] }
  | { readonly kind: 'send'; readonly session: SessionId; readonly message: Message }
  | { readonly kind: 'closeSession'; readonly session: SessionId; readonly reason: CloseReason }
  /** Get a plan that another host has; `planAdded` or `planNotFetched` answers. */
  | { readonly kind: 'fetchPlan'; readonly planId: PlanId; readonly from: HostId }
  /** Get a task's file, whole and verified: `fileFetched` or `fileNotFetched` answers. */
  | {
      readonly kind: 'fetchFile';
      readonly planId: PlanId;
      readonly task: TaskName;
      /** Any of these will do. */
      readonly digests: readonly string[];
      readonly from: HostId;
    }
  /** Delete the file of a task: others have it. */
  | { readonly kind: 'dropFile'; readonly planId: PlanId; readonly task: TaskName }
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
  /** Comes again for a plan that was over, when another part of the mesh knew more. */
  | { readonly kind: 'planEnded'; readonly planId: PlanId; readonly ending: PlanEnding }
  | { readonly kind: 'wake'; readonly at: number }
  | { readonly kind: 'note'; readonly note: Note };

/**
 * Why a connection is closed. `superseded`: a later life, or the other of two connections, is kept. `cloned`: another agent
 * lives under the same name. `stale`: that life is over. `evicted`: an operator says so. `mesh`, `protocol`: not of this mesh, no
 * version in common.
 */
export type CloseReason =
  | 'superseded'
  | 'cloned'
  | 'stale'
  | 'evicted'
  | 'mesh'
  | 'protocol'
  | 'silent'
  | 'left';

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
  | { readonly kind: 'staleResult'; readonly slot: SlotName; readonly token: Token }
  /** The mesh has changed, as this agent sees it. */
  | { readonly kind: 'peer'; readonly host: HostId; readonly status: PeerStatus }
  | { readonly kind: 'refused'; readonly host: HostId; readonly reason: CloseReason }
  /** An operator has put that host out of the mesh; it may be this one. */
  | { readonly kind: 'hostEvicted'; readonly host: HostId; readonly isMe: boolean }
  /** Whom this agent follows from now on; undefined: nobody. */
  | { readonly kind: 'leader'; readonly host: HostId | undefined; readonly isMe: boolean }
  /** A user at that host wants these tried again, though they failed. */
  | {
      readonly kind: 'retried';
      readonly planId: PlanId;
      readonly tasks: readonly TaskName[];
      readonly host: HostId;
    }
  /** A file that nobody has any more is made again. */
  | { readonly kind: 'fileLost'; readonly planId: PlanId; readonly task: TaskName };

/**
 * How an agent sees another one. `suspect`: silent for a while. `dead`: silent for so long that its work is given to
 * others. `left`: it said that it goes.
 */
export type PeerStatus = 'alive' | 'suspect' | 'dead' | 'left';

/** The effects of one step in the fixed order of their kinds; those of one kind stay in the order they came. */
export const orderEffects = (effects: readonly Effect[]): readonly Effect[] =>
  effects.toSorted((a, b) => orderOfKind[a.kind] - orderOfKind[b.kind]);

const orderOfKind: Readonly<Record<Effect['kind'], number>> = {
  persist: 0,
  keep: 1,
  announce: 2,
  // What is said in one step is said before a connection is closed in it.
  send: 3,
  closeSession: 4,
  cancel: 5,
  clean: 6,
  prepare: 7,
  start: 8,
  retire: 9,
  dropFile: 10,
  fetchPlan: 11,
  fetchFile: 12,
  sweep: 13,
  planEnded: 14,
  wake: 15,
  note: 16,
};
