import type { Entry, Fact } from './facts/fact.ts';
import type { Ballot, HostId, Life, PlanId, TaskName, Token } from './ids.ts';
import type { HeldItem, RunItem } from './message.ts';

/** How an agent sees the mesh: for commands, and for the simulator's checks. */
export interface MeshView {
  readonly role: 'listening' | 'following' | 'canvassing' | 'leading';
  /** Whom it follows, itself included; undefined: nobody. */
  readonly leader: Life | undefined;
  /** The highest ballot it has seen. */
  readonly ballot: Ballot | undefined;
  /** It leads and grants. */
  readonly isOpen: boolean;
}
export type { Entry, Fact, HeldItem, HostId, PlanId, RunItem, TaskName, Token };
