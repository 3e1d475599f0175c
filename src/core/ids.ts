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
/** One attempt at one task, unique for ever: `incarnation.sequence@host`. */
export type Token = Brand<'Token'>;

/** One life of one agent. Whatever names an actor carries both parts. */
export interface Life {
  readonly host: HostId;
  /** Counts the starts of this host's agent, from 1. */
  readonly incarnation: number;
}

export const hostId = (text: string): HostId => text as HostId;
export const buildId = (text: string): BuildId => text as BuildId;
export const planId = (text: string): PlanId => text as PlanId;
export const taskName = (text: string): TaskName => text as TaskName;
export const slotName = (text: string): SlotName => text as SlotName;

/** The token of attempt `sequence` in one life. */
export const makeToken = (life: Life, sequence: number): Token =>
  `${life.incarnation}.${sequence}@${life.host}` as Token;
