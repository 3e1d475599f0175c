/**
 * Branded ids. A brand costs nothing at run time and turns "a slot name where a task name is wanted" into a
 * compile error. The shells make ids from checked input; the core only passes them on.
 */
declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** One host for all time: a nanoid written once in the host's state directory. */
export type HostId = Brand<'HostId'>;
/** One bulk build, as a user names it: `YYYYMMDDTHHMMSSZ-xxxxxx`. */
export type BuildId = Brand<'BuildId'>;
/** The hash of a plan's canonical bytes. */
export type PlanId = Brand<'PlanId'>;
/** A task's name within its plan: for a build plan the PKGNAME. */
export type TaskName = Brand<'TaskName'>;
/** A sandbox slot of one host: `build-1`. */
export type SlotName = Brand<'SlotName'>;
/** One right to one attempt at one task, unique for ever: `n.incarnation.boot.sequence.hop@host`; see `TokenParts`. */
export type Token = Brand<'Token'>;

/** One life of one agent. Whatever names an actor carries all parts. */
export interface Life {
  readonly host: HostId;
  /** Counts the starts of this host's agent, from 1. */
  readonly incarnation: number;
  /** Random letters of this start: tells two copies of one state directory apart. */
  readonly boot: string;
}

/** A claim to lead, that one life alone can make. Of two, the higher one holds; see `compareBallots`. */
export interface Ballot {
  readonly n: number;
  readonly life: Life;
}

/** One connection between two agents, numbered by the agent that speaks of it; never the same number twice in a life. */
export type SessionId = number & { readonly [brand]: 'SessionId' };

export const hostId = (text: string): HostId => text as HostId;
export const buildId = (text: string): BuildId => text as BuildId;
export const planId = (text: string): PlanId => text as PlanId;
export const taskName = (text: string): TaskName => text as TaskName;
export const slotName = (text: string): SlotName => text as SlotName;

export const sessionId = (number: number): SessionId => number as SessionId;

/** The name of a life, for maps and for people. */
export const lifeKey = ({ host, incarnation, boot }: Life): string => `${incarnation}.${boot}@${host}`;

export const isSameLife = (a: Life, b: Life): boolean =>
  a.host === b.host && a.incarnation === b.incarnation && a.boot === b.boot;

/** Negative when `a` is the lower one; zero only for the same ballot. */
export const compareBallots = (a: Ballot, b: Ballot): number =>
  a.n - b.n ||
  compareText(a.life.host, b.life.host) ||
  a.life.incarnation - b.life.incarnation ||
  compareText(a.life.boot, b.life.boot);

/** What a token says: under which ballot it was made, as which one, and how often it has changed hands since. */
export interface TokenParts {
  readonly n: number;
  readonly host: HostId;
  readonly incarnation: number;
  readonly boot: string;
  /** Counts the tokens of the life that made it, from 1. */
  readonly sequence: number;
  /** 0 as it was made; one more whenever an agent gives the task to another, or takes it back. */
  readonly hop: number;
}

/** The token of the attempt `sequence` that a coordinator grants. */
export const makeToken = ({ n, life }: Ballot, sequence: number, hop = 0): Token =>
  formatToken({ n, ...life, sequence, hop });

/** Undefined for what `makeToken` did not make. */
export const parseToken = (text: string): TokenParts | undefined => {
  const [, n, incarnation, boot, sequence, hop, host] =
    /^(\d+)\.(\d+)\.([^.@]*)\.(\d+)\.(\d+)@(.+)$/.exec(text) ?? [];
  if (boot === undefined || host === undefined) return undefined;
  const numbers = {
    n: Number(n),
    incarnation: Number(incarnation),
    sequence: Number(sequence),
    hop: Number(hop),
  };
  if (!Object.values(numbers).every(Number.isSafeInteger)) return undefined;
  return { ...numbers, boot, host: hostId(host) };
};

/** The same right, `hops` hands later. */
export const passToken = (token: Token, hops = 1): Token => {
  const parts = partsOf(token);
  return formatToken({ ...parts, hop: parts.hop + hops });
};

/** Negative when `a` is the lower one: made under a lower ballot, or earlier, or fewer hands ago. Zero for equal ones. */
export const compareTokens = (a: Token, b: Token): number => {
  if (a === b) return 0;
  const left = partsOf(a);
  const right = partsOf(b);
  return (
    left.n - right.n ||
    compareText(left.host, right.host) ||
    left.incarnation - right.incarnation ||
    compareText(left.boot, right.boot) ||
    left.sequence - right.sequence ||
    left.hop - right.hop
  );
};

/** By code units: the same on every host, whatever its language. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const formatToken = ({ n, incarnation, boot, sequence, hop, host }: TokenParts): Token =>
  `${n}.${incarnation}.${boot}.${sequence}.${hop}@${host}` as Token;

const partsOf = (token: Token): TokenParts => {
  const parts = parseToken(token);
  if (parts === undefined) throw new TypeError(`'${token}' is no token`);
  return parts;
};
