import type { Entry } from './facts/fact.ts';
import type { Ballot, HostId, Life, PlanId, TaskName, Token } from './ids.ts';
import type { PlanWord } from './plan.ts';

/**
 * Versions of the protocol that an agent speaks. Two agents speak the highest that both know; where there is none, they
 * do not speak. `sinceOf` says from which version on a message may be sent.
 */
export interface Protocol {
  readonly oldest: number;
  readonly newest: number;
}

/** What this program speaks. Version 1 is version 2 without what a mesh can do without; see `sinceOf`. */
export const ownProtocol: Protocol = { oldest: 1, newest: 2 };

/** What an agent says of itself when a connection opens, before anything else. */
export interface Hello {
  readonly life: Life;
  /** The mesh it belongs to. */
  readonly mesh: string;
  readonly protocol: Protocol;
  /** Plans of another platform are not for this host. */
  readonly platform: string;
  readonly eligibility: Eligibility;
  /** Runs at a time and cores, when it has its host for itself. */
  readonly runs: number;
  readonly cores: number;
}

/** Whether an agent is to coordinate: rather than others, like others, or not at all. */
export type Eligibility = 'prefer' | 'allow' | 'never';

/** How busy an agent is. */
export interface Load {
  /** Tasks that may run at a time now; 0: it takes none. */
  readonly usable: number;
  readonly running: number;
  /** Granted tasks that wait, and those of them that it would give away. */
  readonly queued: number;
  readonly givable: number;
  /** How long the last one in the queue will wait, by estimates, milliseconds. */
  readonly waitMs: number;
  /** Cores that running builds leave free. */
  readonly coresFree: number;
  /** Bytes that nothing is promised of; undefined: not measured. */
  readonly memoryFreeBytes: number | undefined;
  readonly diskFreeBytes: number | undefined;
  /** Expected by actual time of what it built, and the wall time that it built for; 1 and absent: nothing yet. */
  readonly speed: number;
  readonly measuredMs?: number;
  /** An operator wants nothing new to start there. Absent: no. */
  readonly isDrained?: boolean;
}

/** A task that is held somewhere: to be run, running, or on its way to another host. */
export interface HeldItem {
  readonly planId: PlanId;
  readonly task: TaskName;
  readonly token: Token;
  /** It has been built, and is built again because no host has its file any more. */
  readonly again: boolean;
  /** A second run of what runs elsewhere, which may be slow. */
  readonly duplicate: boolean;
}

/** A held task that runs. */
export interface RunItem extends HeldItem {
  /** Until its expected end, milliseconds; negative when it is overdue. */
  readonly leftMs: number;
}

/** How much of a plan's journal an agent has: for each life, how many of its entries, all from the first on. */
export interface PlanVector {
  readonly planId: PlanId;
  /** All of its tasks have their end, as far as this agent knows: who has not got it need not fetch it. */
  readonly isOver: boolean;
  readonly counts: readonly { readonly origin: Life; readonly count: number }[];
}

/** Which files of a plan's tasks an agent has. */
export interface HaveNews {
  readonly planId: PlanId;
  /** All that it has, not what has changed. */
  readonly isWhole: boolean;
  readonly added: readonly TaskName[];
  readonly removed: readonly TaskName[];
}

/** Names one steal: the life of the thief and a counter of its own. */
export interface StealId {
  readonly thief: Life;
  readonly count: number;
}

/** Everything that agents say to each other. In brackets: C the coordinator, A any agent, T a thief, V its victim. */
export type Message =
  /** A to all, each second: it lives, whom it follows, how busy it is, which files came and went. */
  | {
      readonly kind: 'heartbeat';
      /** The highest ballot seen. */
      readonly ballot: Ballot | undefined;
      readonly load: Load;
      readonly have: readonly HaveNews[];
    }
  /** A to three others: do you hear this host? */
  | { readonly kind: 'probe'; readonly host: HostId }
  /** `heardAgoMs`: undefined when it does not. */
  | { readonly kind: 'probed'; readonly host: HostId; readonly heardAgoMs: number | undefined }
  /** A to all: these lives are over, says an operator. */
  | { readonly kind: 'evicted'; readonly lives: readonly Life[] }
  /** A to all: it goes. */
  | { readonly kind: 'leave'; readonly mode: 'drain' | 'now' }
  /** A without a coordinator to all: do you have one? */
  | { readonly kind: 'canvass'; readonly round: number; readonly ballot: Ballot | undefined }
  | {
      readonly kind: 'canvassed';
      readonly round: number;
      readonly leaderOk: boolean;
      readonly ballot: Ballot | undefined;
    }
  /** C to all. */
  | { readonly kind: 'lead'; readonly ballot: Ballot }
  /** C to all: it leads no more. */
  | { readonly kind: 'resign'; readonly ballot: Ballot }
  /** A to C, each five seconds and to a new one at once: all that it holds. */
  | {
      readonly kind: 'hold';
      readonly ballot: Ballot;
      readonly runs: readonly RunItem[];
      readonly queue: readonly HeldItem[];
      readonly transfers: readonly HeldItem[];
    }
  /** C to A: run these. */
  | {
      readonly kind: 'grant';
      readonly ballot: Ballot;
      readonly items: readonly GrantItem[];
    }
  /** C to A: forget a queued one, end a running one; take either back for a better place. */
  | { readonly kind: 'drop'; readonly ballot: Ballot; readonly item: HeldItem }
  | { readonly kind: 'cancel'; readonly ballot: Ballot; readonly item: HeldItem }
  | { readonly kind: 'retract'; readonly ballot: Ballot; readonly item: HeldItem }
  /** A to C: it runs now. */
  | { readonly kind: 'started'; readonly item: RunItem }
  /** A to C: these are nobody's now. */
  | { readonly kind: 'returned'; readonly items: readonly HeldItem[]; readonly reason: ReturnReason }
  /** T to V: something for me? */
  | { readonly kind: 'steal'; readonly id: StealId; readonly load: Load; readonly platform: string }
  | { readonly kind: 'give'; readonly id: StealId; readonly item: HeldItem }
  | { readonly kind: 'none'; readonly id: StealId }
  /** T to V: it has it. */
  | { readonly kind: 'taken'; readonly id: StealId }
  /** V to T: do you have it? */
  | { readonly kind: 'ask'; readonly id: StealId }
  | { readonly kind: 'nothave'; readonly id: StealId }
  /** T to C: what V held is held by it now. */
  | { readonly kind: 'moved'; readonly item: HeldItem; readonly from: HostId }
  /** Entries of one life in one plan, dense, the first one with the number `from`. */
  | {
      readonly kind: 'entries';
      readonly planId: PlanId;
      readonly origin: Life;
      readonly from: number;
      readonly entries: readonly Entry[];
    }
  /** What the sender has; `isAnswer`: no answer is asked for. */
  | { readonly kind: 'vector'; readonly plans: readonly PlanVector[]; readonly isAnswer: boolean }
  /** The plans that the sender has, and the last word of a user about each. */
  | { readonly kind: 'plans'; readonly plans: readonly PlanNews[] }
  /** C to A: have a copy of this file. */
  | { readonly kind: 'copy'; readonly ballot: Ballot; readonly planId: PlanId; readonly task: TaskName };

export interface GrantItem extends HeldItem {
  /** With so many of the host's cores for it the plan need not wait for it. */
  readonly cores: number;
  /** Other tasks that want a place on each host at the same time. */
  readonly rivals: number;
}

export interface PlanNews {
  readonly planId: PlanId;
  readonly word: PlanWord;
  /** The sender knows the plan, and cannot run its tasks. Absent: it can. */
  readonly isUnfit?: boolean;
}

/** Why a task goes back. `retracted`: as asked; `unable`: this host cannot run it now; `evicted`: its disk ran full. */
export type ReturnReason = 'retracted' | 'unable' | 'stopped' | 'evicted' | 'files';
