import type { AgentState } from '../../src/core/agent.ts';
import type { HostId, PlanId, TaskName } from '../../src/core/ids.ts';
import type { StopMode } from '../../src/core/input.ts';
import type { LinkView } from '../../src/mesh/transport.ts';
import type { MeshNode } from '../mesh/node.ts';
import type { HostView } from './hostView.ts';
import type { Difference } from './meshView.ts';
import type { HostNames } from './names.ts';
import type { OrderDone } from './order.ts';

/** What a desk uses of the node of its agent. */
export type MeshLine = Pick<
  MeshNode,
  'meshId' | 'traffic' | 'listLinks' | 'listCalls' | 'ask' | 'stream' | 'addRoute'
>;

/** What orders come to on this host. A method that refuses throws `BulkmeshError`. */
export interface HostActs {
  setDrained(isDrained: boolean): void;
  shutdown(mode: StopMode): void;
  evict(host: HostId): void;
  /** Undefined: this host knows no such build that could be stopped, resumed, or tried again. */
  stop(build: string | undefined, mode: StopMode): OrderDone | undefined;
  resume(build: string | undefined): Promise<OrderDone | undefined>;
  retry(build: string | undefined, packages: readonly string[] | 'all'): OrderDone | undefined;
}

/** What a desk is made of. */
export interface DeskPorts {
  readonly core: AgentState;
  /** Undefined: an agent that is in no mesh. */
  readonly line: MeshLine | undefined;
  readonly acts: HostActs;
  /** Monotonic, milliseconds: the clock of the core. */
  now(): number;
  readonly names: HostNames;
  /** PKGPATH of a package of a plan; undefined: not known. */
  pathOf(planId: PlanId, task: TaskName): string | undefined;
  viewSelf(): HostView;
  compare(link: LinkView): readonly Difference[];
}
