/** What a package of a bench does. */
export type NoopTask =
  /** `true` is started and waited for. */
  | { readonly kind: 'spawn' }
  /** Nothing is started, and it takes so long. */
  | { readonly kind: 'wait'; readonly waitMs: number };

/** What an agent of a bench is started with. */
export interface AgentSpec {
  readonly stateDir: string;
  readonly keyFile: string;
  readonly name: string;
  /** Addresses of those that are there; empty: it is the first one, and leads at once. */
  readonly seeds: readonly string[];
  readonly slots: number;
  readonly task: NoopTask;
  /** Whether the first one is to lead rather than others. */
  readonly isPreferred: boolean;
  /** It goes on with the newest plan of its store. */
  readonly resumes: boolean;
}

/** What a bench tells an agent. */
export type AgentOrder =
  /** The file has the canonical text of a plan. */
  | { readonly kind: 'plan'; readonly file: string }
  | { readonly kind: 'drain'; readonly isDrained: boolean }
  /** Counters begin anew. */
  | { readonly kind: 'reset' }
  /** Answered by `figures`. */
  | { readonly kind: 'measure' }
  | { readonly kind: 'stop' };

/** What an agent tells its bench. Times are Unix milliseconds with fractions, of one clock for all processes. */
export type AgentWord =
  /** Where it listens, and what of its start took how long, milliseconds since its process was. */
  | { readonly kind: 'ready'; readonly address: string; readonly startMs: StartTimes }
  /** Hosts that live, itself included. */
  | { readonly kind: 'alive'; readonly hosts: number }
  | { readonly kind: 'leads'; readonly isMe: boolean; readonly atMs: number }
  /** The first package since the last `plan`, `drain` or start. */
  | { readonly kind: 'started'; readonly atMs: number }
  /** The first grant since it leads. */
  | { readonly kind: 'granted'; readonly atMs: number }
  /** It knows the end of so many packages of the plan now. */
  | { readonly kind: 'planned'; readonly atMs: number }
  | { readonly kind: 'ended'; readonly atMs: number }
  | { readonly kind: 'figures'; readonly figures: AgentFigures };

export interface StartTimes {
  readonly modulesMs: number;
  readonly storeMs: number;
  readonly planMs: number;
  readonly listeningMs: number;
}

/** Since the last `reset`. */
export interface AgentFigures {
  /** User and system time of the process, without what it started. */
  readonly cpuMs: number;
  readonly loopDelayP99Ms: number;
  readonly messagesSent: number;
  readonly bytesSent: number;
  readonly sentByKind: Readonly<Record<string, number>>;
  /** Packages that ran here. */
  readonly ran: number;
  /** From the question of a thief to the task that it is given, and until that runs. */
  readonly gavesMs: readonly number[];
  readonly stolenMs: readonly number[];
  /** Questions that brought nothing. */
  readonly stealsInVain: number;
}
