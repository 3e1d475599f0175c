/**
 * One simulated run as its picture shows it: plain data, made by `recorder.ts`. All times are virtual milliseconds from the
 * start of the run. Hosts, plans and tasks are named by their places in the lists below.
 */
export interface Recording {
  readonly title: string;
  /** What the run was and came to, for the head of the page. */
  readonly figures: readonly Figure[];
  readonly endMs: number;
  readonly hosts: readonly HostRow[];
  readonly plans: readonly PlanNote[];
  readonly tasks: readonly TaskNote[];
  readonly runs: readonly RunBar[];
  readonly chores: readonly Chore[];
  readonly lives: readonly LifeSpan[];
  readonly follows: readonly FollowSpan[];
  readonly faults: readonly FaultMark[];
  readonly events: readonly EventNote[];
  readonly messages: readonly MessageLine[];
  /** Kinds of messages of which there were too many to keep. */
  readonly unkept: readonly { readonly kind: string; readonly count: number }[];
}

export interface Figure {
  readonly name: string;
  readonly value: string;
  /** Something to look at: a violation. */
  readonly isBad?: boolean;
}

export interface HostRow {
  readonly name: string;
  /** What it has: slots, cores, speed. */
  readonly detail: string;
  /** The slots, one lane each. */
  readonly lanes: readonly string[];
  /** How many granted tasks waited there from each moment on, in the order of time. */
  readonly queue: readonly { readonly atMs: number; readonly depth: number }[];
}

export interface PlanNote {
  readonly name: string;
  readonly detail: string;
}

export interface TaskNote {
  readonly name: string;
  readonly plan: number;
  readonly needs: readonly number[];
  readonly estimateMs: number;
}

/** How a run came to its end. `lost`: its host went down. `running`: it had not ended when the recording did. */
export type RunEnd = 'built' | 'failed' | 'troubled' | 'cancelled' | 'lost' | 'running';

/** One run of a task in a slot. */
export interface RunBar {
  readonly host: number;
  readonly lane: number;
  readonly task: number;
  readonly token: string;
  /** Who granted it, and how often it has changed hands since. */
  readonly origin: string;
  readonly hops: number;
  readonly jobs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly end: RunEnd;
  /** What the end says of itself, for people. */
  readonly detail: string;
}

/** A slot is made, or cleaned. */
export interface Chore {
  readonly host: number;
  readonly lane: number;
  readonly kind: 'prepare' | 'clean';
  readonly fromMs: number;
  readonly toMs: number;
}

/** One life of a host's agent. */
export interface LifeSpan {
  readonly host: number;
  readonly incarnation: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** How it ended, for people; undefined: it had not when the recording ended. */
  readonly end: string | undefined;
}

/** Whom an agent followed for a while; itself: it led. */
export interface FollowSpan {
  readonly host: number;
  readonly leader: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** `n` of the ballot, where it is known. */
  readonly ballot: number | undefined;
}

/** Something that was done to the world. */
export interface FaultMark {
  readonly kind: string;
  readonly fromMs: number;
  /** The same as `fromMs` for what takes no time. */
  readonly toMs: number;
  /** Whom it concerns; none: all. */
  readonly hosts: readonly number[];
  /** The parts of a partition. */
  readonly sides?: readonly (readonly number[])[];
  readonly text: string;
}

export type EventGroup = 'violation' | 'fault' | 'leader' | 'member' | 'plan' | 'steal' | 'trouble';

/** A line of the list of events. */
export interface EventNote {
  readonly atMs: number;
  readonly group: EventGroup;
  readonly host: number | undefined;
  readonly text: string;
}

export interface MessageLine {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly sentMs: number;
  /** Undefined: it never came. */
  readonly arrivedMs: number | undefined;
  /** Lines of what it says. */
  readonly text: string;
}
