import type { Resources } from './dispatch/ledger.ts';
import type { Entry, Outcome, StepTime } from './facts/fact.ts';
import type { Trouble } from './failure/trouble.ts';
import type { HostId, Life, PlanId, SessionId, SlotName, TaskName, Token } from './ids.ts';
import type { Eligibility, Hello, Message, Protocol } from './message.ts';
import type { Plan } from './plan.ts';

/** What a run brought back: the task's own end, or trouble of the host. */
export type RunResult =
  | {
      readonly kind: 'ended';
      readonly outcome: Outcome;
      readonly steps: readonly StepTime[];
      readonly cpuMs: number;
      readonly diskBytes: number;
      readonly memoryBytes: number;
    }
  | {
      readonly kind: 'trouble';
      readonly trouble: Trouble;
      readonly detail: string;
      /** Where the run was, in the words of the shell, as in an outcome; undefined: no step of it. */
      readonly stage?: string | undefined;
    };

/** How a plan is stopped. `drain`: what runs may finish, nothing starts. `now`: what runs is killed. */
export type StopMode = 'drain' | 'now';

/**
 * Everything that can happen to an agent. `now` is a monotonic clock in milliseconds, `wall` the wall clock.
 */
export type Event =
  | {
      readonly kind: 'booted';
      readonly life: Life;
      /** As many as run, and the spare ones that are made ahead. */
      readonly slots: readonly SlotName[];
      /** How many tasks run at a time, at least 1, at most as many as there are slots. */
      readonly runs: number;
      /** Cores that the builds of this host may use. */
      readonly cores: number;
      /** What all work areas in memory may take together, bytes; 0: all lie on disk. */
      readonly workMemoryBytes: number;
      /** For the agent's own chances. */
      readonly seed: number;
      readonly mesh: MeshOptions;
    }
  | {
      readonly kind: 'planAdded';
      readonly planId: PlanId;
      readonly plan: Plan;
      /** What is known of it already, from the store. */
      readonly entries: readonly Entry[];
      /** Tasks whose file is on this host. Absent: those that this host built. */
      readonly files?: readonly TaskName[];
      /** False: this host knows the plan and cannot run its tasks, until `planFits` says otherwise. Absent: true. */
      readonly isFit?: boolean;
    }
  /** This host has got what it needs to run tasks of the plan, or has lost it. */
  | { readonly kind: 'planFits'; readonly planId: PlanId; readonly isFit: boolean }
  | { readonly kind: 'planNotFetched'; readonly planId: PlanId; readonly from: HostId }
  | { readonly kind: 'planStopped'; readonly planId: PlanId; readonly mode: StopMode }
  /** A stopped plan goes on. */
  | { readonly kind: 'planResumed'; readonly planId: PlanId }
  /** A user wants what failed tried again, and what is named and blocked: what blocks it. */
  | { readonly kind: 'tasksRetried'; readonly planId: PlanId; readonly tasks: readonly TaskName[] | 'all' }
  /** A connection is open, and this is what the other end says of itself. `isDialler`: this end opened it. */
  | {
      readonly kind: 'sessionUp';
      readonly session: SessionId;
      readonly hello: Hello;
      readonly isDialler: boolean;
    }
  /** A connection is gone, by whomever; not for one that the core closed. */
  | { readonly kind: 'sessionDown'; readonly session: SessionId }
  /** A host that was called answered, but nobody listens there. */
  | { readonly kind: 'dialRefused'; readonly host: HostId }
  | { readonly kind: 'message'; readonly session: SessionId; readonly message: Message }
  | { readonly kind: 'fileFetched'; readonly planId: PlanId; readonly task: TaskName }
  | {
      readonly kind: 'fileNotFetched';
      readonly planId: PlanId;
      readonly task: TaskName;
      readonly from: HostId;
      readonly why: FetchTrouble;
    }
  /** A file that was here is gone, or is not what it was. */
  | { readonly kind: 'fileGone'; readonly planId: PlanId; readonly task: TaskName }
  /** The disk wants room: files that others have may go, so many at most. */
  | { readonly kind: 'filesUnwanted'; readonly count: number }
  /** How late this agent's own timers are, at their worst of late, milliseconds. */
  | { readonly kind: 'lag'; readonly lagMs: number }
  /** `order`: the number of the command that is answered. */
  | { readonly kind: 'slotPrepared'; readonly slot: SlotName; readonly order: number }
  | {
      readonly kind: 'slotNotPrepared';
      readonly slot: SlotName;
      readonly order: number;
      readonly reason: string;
    }
  | { readonly kind: 'runEnded'; readonly slot: SlotName; readonly token: Token; readonly result: RunResult }
  | { readonly kind: 'slotCleaned'; readonly slot: SlotName; readonly order: number }
  | {
      readonly kind: 'slotNotCleaned';
      readonly slot: SlotName;
      readonly order: number;
      readonly reason: string;
    }
  /** A person wants the sandbox of this slot gone; honoured unless a task runs there. It is made anew when needed. */
  | { readonly kind: 'slotCondemned'; readonly slot: SlotName }
  /** How much of the host this agent may use from now on; what runs goes on whatever it is. */
  | { readonly kind: 'allowance'; readonly slots: number; readonly cores: number }
  /** What the host has, measured now. */
  | { readonly kind: 'resources'; readonly resources: Resources }
  /** A sweep is over; `clean`: retired slots of which nothing is left. */
  | { readonly kind: 'swept'; readonly clean: readonly SlotName[] }
  /** An operator wants this host to start nothing new, or to take part again. What runs ends as it would. */
  | { readonly kind: 'drained'; readonly isDrained: boolean }
  /** An operator knows that the present life of that host is over, or wants it out of the mesh: a later one may come. */
  | { readonly kind: 'hostEvicted'; readonly host: HostId }
  | { readonly kind: 'shutdown'; readonly mode: StopMode }
  | { readonly kind: 'tick' };

/** `gone`: that host does not have it. `corrupt`: what it has is something else. `full`: there is no room for it here. */
export type FetchTrouble = 'gone' | 'corrupt' | 'unreachable' | 'full';

/** How an agent takes part in its mesh. */
export interface MeshOptions {
  /** The mesh's id. */
  readonly id: string;
  readonly protocol: Protocol;
  readonly platform: string;
  readonly eligibility: Eligibility;
  /** Other hosts are known, so somebody may lead already: listen first. */
  readonly expectsPeers: boolean;
  /** The highest `n` of a ballot that is known from earlier lives. */
  readonly ballotN: number;
  /** All hosts see the same files: what is built is everywhere. */
  readonly sharedFiles: boolean;
}

/** The two clocks at the moment of an event. */
export interface Now {
  /** Monotonic, milliseconds. All deadlines are in this clock. */
  readonly now: number;
  /** Unix time, milliseconds. Only ever shown. */
  readonly wall: number;
}
