import type { AgentState } from '../../../src/core/agent.ts';
import type { Effect } from '../../../src/core/effect.ts';
import type { Entry } from '../../../src/core/facts/fact.ts';
import type { Life, PlanId, SlotName, TaskName, Token } from '../../../src/core/ids.ts';
import type { Event } from '../../../src/core/input.ts';
import type { Limits } from '../../../src/core/limits.ts';
import type { Plan } from '../../../src/core/plan.ts';
import type { Rules } from '../../../src/core/rules.ts';
import type { Fault, HostSpec, Scenario, Word } from './scenario.ts';

/** A file as it lies on a simulated disk. */
export interface StoredFile {
  readonly digest: string;
  /** Its bytes are what the digest says. */
  readonly isSound: boolean;
}

/** A build that a simulated machine carries out. */
export interface Build {
  readonly planId: PlanId;
  readonly task: TaskName;
  readonly token: Token;
  readonly slot: SlotName;
  readonly jobs: number;
  readonly startedAtMs: number;
}

/** One place where an agent lives or lived: a machine, or a copy of one. */
export interface Place {
  /** The machine's name; of a copy `name+1`. Stays, whatever becomes of the disk. */
  readonly name: string;
  readonly spec: HostSpec;
  /** It speaks another protocol, or is of another mesh: nothing of the plans ever gets there. */
  readonly isForeign: boolean;
  /** A second agent with the name of another one. */
  readonly isClone: boolean;
  /** Its process lives; it may stand still. */
  readonly isUp: boolean;
  readonly isPaused: boolean;
  /** It has been told to end. */
  readonly isLeaving: boolean;
  /** It will not start again. */
  readonly isGone: boolean;
  /** Of the process that lives, or lived last. */
  readonly life: Life | undefined;
  readonly state: AgentState | undefined;
  /** What its own clock shows above the world's. */
  readonly clockMs: number;
  /** What would be there after a crash. */
  readonly entries: (planId: PlanId) => readonly Entry[];
  readonly files: (planId: PlanId) => ReadonlyMap<TaskName, StoredFile>;
  /** By slot. */
  readonly builds: ReadonlyMap<SlotName, Build>;
  /** Plans that its present life has said are over. */
  readonly ended: ReadonlyMap<PlanId, 'complete' | 'stopped'>;
}

/** The world as those see it who watch a run. */
export interface WorldView {
  readonly scenario: Scenario;
  readonly limits: Limits;
  readonly rules: Rules;
  /** The world's clock, which no agent sees. */
  readonly nowMs: number;
  /** All faults are over. */
  readonly isHealed: boolean;
  /** Copies come after the machines, in the order of their coming. */
  readonly places: readonly Place[];
  /** Plans that a user has handed in so far. */
  readonly plans: ReadonlyMap<PlanId, Plan>;
}

/** Who watches a run: checks, the picture, the timeline. May throw a `Breach`, must change nothing. */
export interface Observer {
  readonly onStart?: (world: WorldView) => void;
  /** The agent has taken the event; its effects are still to be carried out, in part perhaps never. */
  readonly onStep?: (place: Place, event: Event, effects: readonly Effect[]) => void;
  /** The shell carries this one out now. */
  readonly onEffect?: (place: Place, effect: Effect) => void;
  readonly onFault?: (fault: Fault, edge: 'begins' | 'ends', hosts: readonly string[]) => void;
  /** A process starts; `booted` is its first event. */
  readonly onUp?: (place: Place) => void;
  /** A process has ended. */
  readonly onDown?: (place: Place, how: DownKind) => void;
  readonly onWord?: (word: Word, place: Place) => void;
  readonly onHeal?: () => void;
  /** All plans have ended everywhere, and nothing has happened since but heartbeats. */
  readonly onEnd?: () => void;
  /** The run was ended by this. */
  readonly onViolation?: (violation: Violation) => void;
}

/** `crash`: its connections are closed by the kernel. `power`: nobody is told. `left`: of its own. */
export type DownKind = 'crash' | 'power' | 'left';

/** Something that must never happen has happened. */
export interface Violation {
  /** `S3`, `L1`; `assert`: the core's own; `shell`: the core asks for what may not be; `end`: the run does not end. */
  readonly check: string;
  readonly place: string | undefined;
  readonly atMs: number;
  readonly what: string;
}

/** Thrown by observers and by the simulated shell: ends the run as a violation. */
export class Breach extends Error {
  readonly check: string;
  /** A place's name; undefined: the one that the event belongs to. */
  readonly place: string | undefined;

  constructor(check: string, what: string, place?: string) {
    super(what);
    this.check = check;
    this.place = place;
  }
}

/** What came of a run. */
export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | undefined;
  /** Events that agents took. */
  readonly events: number;
  readonly messages: number;
  /** Of all messages, by estimate. */
  readonly bytes: number;
  /** Faults that came to pass. */
  readonly faults: number;
  /** Starts of builds. */
  readonly runs: number;
  /** When the last plan ended on the last host; undefined: they did not. */
  readonly endedAtMs: number | undefined;
  readonly virtualMs: number;
  /** Of the whole trace: the same scenario always gives the same. */
  readonly hash: number;
}
