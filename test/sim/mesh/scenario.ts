import type { Trouble } from '../../../src/core/failure/trouble.ts';
import type { StopMode } from '../../../src/core/input.ts';
import type { Eligibility, Protocol } from '../../../src/core/message.ts';

/**
 * All that happens to a simulated mesh, as plain JSON data: made before the run, kept when it has shown something, cut
 * down by leaving parts out. Times in milliseconds of the world's clock, which begins at 0.
 */
export interface Scenario {
  /** For the chances of the network, the hosts and the agents; not for what is listed below. */
  readonly seed: number;
  /** What it showed, for one that is kept. */
  readonly comment?: string;
  readonly hosts: readonly HostSpec[];
  readonly plans: readonly PlanSpec[];
  readonly words: readonly Word[];
  readonly faults: readonly Fault[];
  /** All faults are over at this moment; who is to live for good is up again. From then on everything must end. */
  readonly healMs: number;
  readonly network: NetworkSpec;
  /** All hosts see the same files. */
  readonly sharedFiles: boolean;
  /** Builds that want more cores together than their host has slow each other down. */
  readonly stretches: boolean;
}

/** What every link is like where no fault says otherwise. */
export interface NetworkSpec {
  /** Of one message, each way: between `delayMs` and three times as much, most near the lower end. */
  readonly delayMs: number;
  /** Of files. */
  readonly bytesPerMs: number;
}

export interface HostSpec {
  /** The machine. Also the id of its agent, until its disk is wiped. */
  readonly name: string;
  /** When its agent starts for the first time. */
  readonly joinMs: number;
  /** Machines that it calls when it knows of no others. */
  readonly seeds: readonly string[];
  /** Slots that run at a time, and those made ahead. */
  readonly slots: number;
  readonly spare: number;
  readonly cores: number;
  /** A task takes its time divided by this. */
  readonly speed: number;
  readonly memoryBytes: number;
  readonly workMemoryBytes: number;
  readonly eligibility: Eligibility;
  readonly platform: string;
  readonly protocol: Protocol;
  readonly mesh: string;
  /** To store entries durably, milliseconds. */
  readonly persistMs: number;
}

export interface PlanSpec {
  readonly id: string;
  readonly addMs: number;
  /** Where its user is; when that host is down, the next one of the list that is up. */
  readonly host: string;
  /** Others who hand in the same plan. */
  readonly twins?: readonly { readonly host: string; readonly addMs: number }[];
  /** Undefined: any. */
  readonly platform?: string;
  readonly files: boolean;
  readonly tasks: readonly TaskSpec[];
}

export interface TaskSpec {
  readonly name: string;
  readonly needs: readonly string[];
  /** What the plan says. */
  readonly estimateMs: number;
  /** What it takes on a host of speed 1: `serialMs + parallelMs / jobs`. */
  readonly serialMs: number;
  readonly parallelMs: number;
  readonly jobsSafe: boolean;
  readonly weight: number;
  readonly diskBytes: number;
  readonly memoryBytes: number;
  /** Of its file. */
  readonly sizeBytes: number;
  /** Two runs make the same bytes. */
  readonly reproducible: boolean;
  readonly fate: Fate;
  /** Tasks that its result adds to the plan. */
  readonly adds: readonly TaskSpec[];
}

/** What becomes of a task when nothing else comes between. */
export type Fate =
  | { readonly kind: 'built' }
  /** By its own doing. */
  | { readonly kind: 'fails' }
  /** By its own doing, the first `times` attempts that come to their end: then it would be built. */
  | { readonly kind: 'flaky'; readonly times: number }
  /** The first `times` attempts, wherever they are. */
  | { readonly kind: 'troubled'; readonly trouble: Trouble; readonly times: number }
  /** On these hosts, always. */
  | { readonly kind: 'misfit'; readonly trouble: Trouble; readonly hosts: readonly string[] }
  /** Out of memory: whenever it has company; always. */
  | { readonly kind: 'hungry' }
  | { readonly kind: 'greedy' }
  /** Until the watchdog ends it, the first `times` attempts. */
  | { readonly kind: 'hangs'; readonly afterMs: number; readonly times: number };

/** What a user says in mid-run. At a host as in `PlanSpec`. */
export type Word =
  | {
      readonly kind: 'stop';
      readonly atMs: number;
      readonly host: string;
      readonly plan: string;
      readonly mode: StopMode;
    }
  | { readonly kind: 'resume'; readonly atMs: number; readonly host: string; readonly plan: string }
  /** What failed is to be tried again: all of it, or what is named. He says so again, of all, until what is flaky is built. */
  | {
      readonly kind: 'retry';
      readonly atMs: number;
      readonly host: string;
      readonly plan: string;
      readonly tasks: readonly string[] | 'all';
    };

/** Instead of a host's name in a fault: whoever leads under the highest ballot at that moment. */
export const leaderName = '@leader';

interface Moment {
  readonly atMs: number;
}

interface Span extends Moment {
  readonly forMs: number;
}

interface OnHost extends Moment {
  readonly host: string;
}

interface HostSpan extends Span {
  readonly host: string;
}

/** Everything that can go wrong. A span that goes beyond `healMs` ends there. */
export type Fault = LinkFault | SpanFault | TwistFault | FileFault | EndFault;

export type FaultKind = Fault['kind'];

export type LinkFault =
  /** Messages take so much longer each way, and so many bytes go through in a millisecond. */
  | (Span & {
      readonly kind: 'slowLink';
      readonly a: string;
      readonly b: string;
      readonly delayMs: number;
      readonly bytesPerMs: number;
    })
  /** Nothing comes through in this direction; what was sent comes when it is over, if the connection still stands. */
  | (Span & { readonly kind: 'cut'; readonly from: string; readonly to: string })
  /** Nothing comes through in both. */
  | (Span & { readonly kind: 'severed'; readonly a: string; readonly b: string })
  /** These on one side, the rest on the other. */
  | (Span & { readonly kind: 'partition'; readonly side: readonly string[] })
  /** Connections of two hosts break. `blind`: the end that does not notice. */
  | (Moment & {
      readonly kind: 'reset';
      readonly a: string;
      readonly b: string;
      readonly blind: 'none' | 'a' | 'b';
    })
  /** One host after the other hears nothing any more, and one after the other, in another order, hears again. */
  | (Moment & {
      readonly kind: 'swizzle';
      readonly clogs: readonly { readonly host: string; readonly afterMs: number; readonly forMs: number }[];
    });

/** Of one machine, for a while. */
export type SpanFault =
  /** The agent stands still, its clock does not. */
  | (HostSpan & { readonly kind: 'pause' })
  /** Its process dies, and starts again. `effectsMax`: in the midst of a step soon, after so many effects. */
  | (HostSpan & { readonly kind: 'crash'; readonly effectsMax?: number })
  /** The machine dies without a word: of what was kept but not yet durable only this share is left. */
  | (HostSpan & { readonly kind: 'powerLoss'; readonly keptShare: number })
  /** Nothing can be stored. `isFatal`: the agent gives up after some tries, and is started again later. */
  | (HostSpan & {
      readonly kind: 'persistFails';
      readonly error: 'ENOSPC' | 'EIO';
      readonly isFatal: boolean;
    })
  /** The machine comes back with nothing on its disk, as another host. */
  | (HostSpan & { readonly kind: 'wipe' })
  /** A second agent starts from a copy of the state directory. */
  | (HostSpan & { readonly kind: 'clone' })
  | (HostSpan & { readonly kind: 'slowDisk'; readonly persistMs: number })
  /** Its timers are so late. */
  | (HostSpan & { readonly kind: 'lag'; readonly lagMs: number })
  /** Files come and go slowly. */
  | (HostSpan & { readonly kind: 'slowFiles'; readonly bytesPerMs: number })
  /** Nobody gets a file or a plan from it. */
  | (HostSpan & { readonly kind: 'noServe' })
  /** There is no room for files of others. */
  | (HostSpan & { readonly kind: 'noRoom' })
  /** Runs end in trouble, so many of them. */
  | (HostSpan & { readonly kind: 'badHost'; readonly trouble: Trouble; readonly share: number })
  /** Others fill its disk; what runs to its end then meets a full one. */
  | (HostSpan & { readonly kind: 'fullDisk'; readonly freeShare: number })
  | (HostSpan & { readonly kind: 'badSandbox'; readonly prepareShare: number; readonly cleanShare: number })
  /** What runs there goes so much faster. */
  | (HostSpan & { readonly kind: 'speed'; readonly factor: number })
  | (HostSpan & { readonly kind: 'allowance'; readonly slots: number })
  /** Its operator wants nothing new to start there, and when it is over takes that back. */
  | (HostSpan & { readonly kind: 'drained' })
  /** An operator at another host puts it out of the mesh; in the end its agent is started anew. */
  | (HostSpan & { readonly kind: 'evicted'; readonly by: string })
  /** It cannot get plans from others. */
  | (HostSpan & { readonly kind: 'noPlans' });

/** Of one machine, over as soon as it has come. */
export type TwistFault =
  /** A bit of a kept entry flips; it is found out at the next start. `share`: where in the list. */
  | (OnHost & { readonly kind: 'bitFlip'; readonly share: number })
  | (OnHost & { readonly kind: 'wallJump'; readonly byMs: number })
  /** Its disk wants room. */
  | (OnHost & { readonly kind: 'unwanted'; readonly count: number });

/** Files vanish, or are not what they were. The host finds out after `foundMs`, or when one of them is wanted. */
export type FileFault = OnHost & {
  readonly kind: 'badFiles';
  readonly share: number;
  readonly how: 'vanish' | 'rot';
  readonly foundMs: number;
};

export type EndFault =
  /** The agent is told to end. `forMs` absent: it does not come back. `hasteMs`: then it is told to end at once. */
  | (OnHost & {
      readonly kind: 'leave';
      readonly mode: StopMode;
      readonly forMs?: number;
      readonly hasteMs?: number;
    })
  /** It never comes back. */
  | (OnHost & { readonly kind: 'die'; readonly how: 'process' | 'machine' });
