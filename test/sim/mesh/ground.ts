import type { AgentState } from '../../../src/core/agent.ts';
import type { Effect } from '../../../src/core/effect.ts';
import type { Trouble } from '../../../src/core/failure/trouble.ts';
import type { HostId, Life, PlanId, SlotName, TaskName } from '../../../src/core/ids.ts';
import type { Event, Now } from '../../../src/core/input.ts';
import type { Limits } from '../../../src/core/limits.ts';
import type { Plan } from '../../../src/core/plan.ts';
import type { Rules } from '../../../src/core/rules.ts';
import type { Random } from '../random.ts';
import type { Agenda, Job } from './agenda.ts';
import type { Dialler } from './dialler.ts';
import type { Disk } from './disk.ts';
import type { TraceHash } from './hash.ts';
import type { Network, Station } from './network.ts';
import type { Fault, FaultKind, Scenario, TaskSpec } from './scenario.ts';
import type { Build, Observer, Place } from './trace.ts';

/** What a simulated agent thinks with; the tests of the world itself have a simpler one. */
export interface Core {
  readonly create: (options: { readonly limits: Limits; readonly rules: Rules }) => AgentState;
  readonly handle: (state: AgentState, event: Event, now: Now) => readonly Effect[];
  /** It has nothing to do any more. */
  readonly isAtRest: (state: AgentState) => boolean;
  /** It leads, under a ballot of this number. */
  readonly findLead: (state: AgentState) => number | undefined;
}

/** All that the parts of a simulated world share. */
export interface Ground {
  readonly scenario: Scenario;
  readonly limits: Limits;
  readonly rules: Rules;
  readonly core: Core;
  readonly agenda: Agenda;
  readonly network: Network;
  readonly machines: Machine[];
  readonly watchers: Watchers;
  readonly hash: TraceHash;
  readonly counts: { events: number; faults: number; runs: number };
  /** That users have handed in. */
  readonly plans: Map<PlanId, Plan>;
  /** Of all plans, what results add included. */
  readonly tasks: ReadonlyMap<PlanId, ReadonlyMap<TaskName, TaskSpec>>;
  /** Runs of each task so far, by plan and task. */
  readonly attempts: Map<string, number>;
  /** Frozen and copied, so that no two agents share anything. */
  readonly copies: boolean;
  isHealed: boolean;
  /** Whose event is being dealt with. */
  busy: Machine | undefined;
}

/** The observers by what they watch. */
export interface Watchers {
  readonly onStep: readonly NonNullable<Observer['onStep']>[];
  readonly onEffect: readonly NonNullable<Observer['onEffect']>[];
  readonly all: readonly Observer[];
}

/** A place with its disk and, most of the time, a process. */
export interface Machine extends Place {
  readonly index: number;
  readonly clockMs: number;
  disk: Disk;
  isPowered: boolean;
  /** It has started for the first time. */
  hasJoined: boolean;
  isGone: boolean;
  isLeaving: boolean;
  /** How far its wall clock is off. */
  wallMs: number;
  wipes: number;
  boots: number;
  /** Spans of trouble that it is in now. */
  readonly troubles: Fault[];
  /** Files of which it does not know yet that they are not there any more. */
  readonly unnoticed: Map<PlanId, Set<TaskName>>;
  process: Process | undefined;
}

/** One life of an agent. */
export interface Process {
  readonly machine: Machine;
  readonly life: Life;
  readonly state: AgentState;
  readonly station: Station;
  readonly dialler: Dialler;
  readonly random: Random;
  /** How many faults make it stand still. */
  pauses: number;
  /** It waits for its disk. */
  isStoring: boolean;
  /** Writes down what it is about to store; its end may come before or after that. */
  store: Job | undefined;
  /** What goes on first when it does not stand still any more. */
  rest: Job | undefined;
  deferred: Job[];
  /** Effects that are still carried out before it dies; undefined: it does not. */
  effectsLeft: number | undefined;
  /** Counts its wakes: only the last one rings. */
  wakes: number;
  /** What it keeps is flushed soon. */
  isFlushing: boolean;
  readonly slots: Map<SlotName, SlotPlace>;
  lastOrder: number;
  isSweeping: boolean;
  readonly builds: Map<SlotName, Running>;
  /** The plans that it has been given. */
  readonly given: Set<PlanId>;
  readonly ended: Map<PlanId, 'complete' | 'stopped'>;
  /** The hosts at other places, as they last said. */
  readonly hosts: Map<number, HostId>;
}

/** What the shell knows of a slot, apart from the core. */
export type SlotPlace =
  | { readonly kind: 'nothing' | 'ready' | 'dirty' | 'lost' }
  | { readonly kind: 'preparing' | 'cleaning'; readonly order: number }
  | { readonly kind: 'running'; readonly run: Running };

/** How a run is bound to end, and after how much work. */
export type Course =
  | { readonly kind: 'built' | 'fails'; readonly workMs: number }
  | { readonly kind: 'trouble'; readonly trouble: Trouble; readonly workMs: number };

export interface Running extends Build {
  readonly spec: TaskSpec;
  readonly course: Course;
  readonly attempt: number;
  readonly random: Random;
  /** What is left at a speed of 1, and since when it goes at which speed. */
  leftMs: number;
  sinceMs: number;
  rate: number;
  /** The end that is noted down is the one of this number. */
  version: number;
  hadCompany: boolean;
  /** It has ended, or been killed: what comes of it is on its way. */
  isOver: boolean;
}

type FaultOf<Kind extends FaultKind> = Extract<Fault, { readonly kind: Kind }>;

/** The trouble of that kind that a machine is in, the last one that began. */
export const findTrouble = <Kind extends FaultKind>(
  { troubles }: Machine,
  kind: Kind,
): FaultOf<Kind> | undefined => {
  for (let index = troubles.length - 1; index >= 0; index--) {
    const fault = troubles[index];
    if (fault !== undefined && isOfKind(fault, kind)) return fault;
  }
  return undefined;
};

const isOfKind = <Kind extends FaultKind>(fault: Fault, kind: Kind): fault is FaultOf<Kind> =>
  fault.kind === kind;

/** The live process of that host; of several with one name the first. */
export const findProcess = (ground: Ground, host: HostId): Process | undefined => {
  for (const { process } of ground.machines) {
    if (process?.station.isAlive === true && process.life.host === host) return process;
  }
  return undefined;
};

/** Notes down something that this process does later, if it still lives. */
export const noteFor = (ground: Ground, process: Process, afterMs: number, job: Job): void =>
  ground.agenda.note(ground.agenda.nowMs + afterMs, () => process.station.enqueue(job));
