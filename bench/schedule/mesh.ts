import type { LimitsChange } from '../../src/core/agent.ts';
import { itemAt } from '../../src/core/assert.ts';
import { targetsOf } from '../../src/core/graph/edges.ts';
import { buildId, planId, sessionId, type TaskName, taskName } from '../../src/core/ids.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { Rules } from '../../src/core/rules.ts';
import { Clock } from './clock.ts';
import type { Case, Result } from './engine.ts';
import { MeshHost, type Surroundings } from './host.ts';

/** How the agents of a modelled mesh are set up, where not as usual. */
export interface Setup {
  readonly limits?: LimitsChange;
  readonly rules?: Partial<Rules>;
  readonly seed?: number;
}

export interface MeshResult extends Result {
  /** That all agents handled. */
  readonly events: number;
  readonly messages: number;
}

/** The plan comes when the hosts that are there at the start have found each other and a coordinator. */
const SETTLE_HEARTBEATS = 20;
/** No build is so slow: something stands still. */
const HANG_MS = 1e9;

/**
 * Runs a whole build with real agents, one for each host, over a network without faults: every pair is connected, a message
 * takes half a millisecond, files are where they are needed. A host that dies is gone from one moment to the next.
 */
export const simulateMesh = (input: Case, setup: Setup = {}): MeshResult => {
  const heartbeatMs = heartbeatFor(input.hosts.length);
  const world = createWorld(input, setup, heartbeatMs);
  const { clock, hosts } = world;
  const startMs = SETTLE_HEARTBEATS * heartbeatMs;
  hosts.forEach((host, index) => {
    const { joinMs, dieMs } = itemAt(input.hosts, index);
    clock.at(joinMs === undefined ? 0 : startMs + joinMs, () => join(host, world));
    if (dieMs !== undefined) clock.at(startMs + dieMs, () => kill(host, world));
  });
  clock.at(startMs, () => {
    const first = itemAt(
      hosts.filter(({ isUp }) => isUp),
      0,
    );
    first.give({ kind: 'planAdded', planId: world.plan.id, plan: world.plan.plan, entries: [] });
  });
  pass(world, () => clock.nowMs <= startMs || world.left.size > 0);
  return {
    makespanMs: clock.nowMs - startMs,
    starts: sum(hosts, ({ starts }) => starts),
    moves: sum(hosts, ({ thefts }) => thefts),
    events: sum(hosts, ({ events }) => events),
    messages: sum(hosts, ({ messages }) => messages),
  };
};

/** With a hundred hosts a second between heartbeats would make billions of them in a build of hours. */
const heartbeatFor = (hosts: number): number => 1000 * Math.max(10, Math.ceil((hosts * hosts) / 4));

interface World extends Surroundings {
  readonly hosts: readonly MeshHost[];
  readonly plan: { readonly id: ReturnType<typeof planId>; readonly plan: Plan };
  readonly left: Set<TaskName>;
  sessions: number;
}

const createWorld = (
  input: Case,
  { limits = {}, rules = {}, seed = 1 }: Setup,
  heartbeatMs: number,
): World => {
  const clock = new Clock();
  const plan = { id: planId('plan'), plan: makePlan(input) };
  const left = new Set(plan.plan.tasks.map(({ name }) => name));
  const workOf = new Map(
    input.workload.names.map((name, task) => [taskName(name), itemAt(input.workload.work, task)]),
  );
  const surroundings = {
    clock,
    input,
    plan,
    left,
    workOf,
    seed,
    rules,
    limits: slowDown(limits, heartbeatMs),
  };
  return {
    ...surroundings,
    hosts: input.hosts.map((_, index) => new MeshHost(index, surroundings)),
    sessions: 0,
  };
};

/** Timers of the mesh that go with the heartbeat. */
const slowDown = (limits: LimitsChange, heartbeatMs: number): LimitsChange => {
  const { mesh } = defaultLimits;
  const factor = heartbeatMs / mesh.heartbeatMs;
  return {
    sweepEveryMs: 1e9,
    ...limits,
    mesh: {
      heartbeatMs,
      suspectMs: mesh.suspectMs * factor,
      deadMs: mesh.deadMs * factor,
      tickGapMs: mesh.tickGapMs * factor,
      holdMs: mesh.holdMs * factor,
      unnamedMs: mesh.unnamedMs * factor,
      vectorMs: mesh.vectorMs * factor,
      ...limits.mesh,
    },
  };
};

/** The plan as the agents see it: estimates in place of the times that tasks will take. */
export const makePlan = ({ workload, estimateMs }: Case): Plan => {
  const { names, needs, work } = workload;
  return {
    build: buildId('bench'),
    files: false,
    tasks: names.map((name, task) => ({
      name: taskName(name),
      needs: [...targetsOf(needs, task)].map((need) => taskName(itemAt(names, need))),
      estimateMs: Math.max(1, Math.round(itemAt(estimateMs, task))),
      jobsSafe: itemAt(work, task).jobsSafe,
      weight: 100,
      diskBytes: 0,
      memoryBytes: 0,
    })),
  };
};

const join = (host: MeshHost, world: World): void => {
  host.boot(world.hosts.length > 1);
  for (const other of world.hosts) {
    if (other === host || !other.isUp) continue;
    const session = sessionId(++world.sessions);
    host.openSession(session, other, true);
    other.openSession(session, host, false);
  }
};

/** Its agent dies; the machine goes on, and refuses to be called. */
const kill = (host: MeshHost, { hosts, clock }: World): void => {
  host.die();
  for (const other of hosts) {
    if (!other.isUp) continue;
    other.loseSession(host);
    for (const delayMs of [500, 2000])
      clock.after(delayMs, () => other.give({ kind: 'dialRefused', host: host.id }));
  }
};

/** Lets time pass as long as a condition holds. */
const pass = ({ clock, hosts, left }: World, isWanted: () => boolean): void => {
  while (isWanted()) {
    const [first = Number.POSITIVE_INFINITY, busiest] = soonest(hosts);
    const dueMs = Math.min(clock.nextMs, first);
    if (dueMs > HANG_MS)
      throw new Error(`nothing goes on at ${clock.nowMs} ms, and ${left.size} tasks are left`);
    if (first > clock.nextMs || busiest === undefined) {
      clock.step();
      continue;
    }
    clock.passTo(first);
    busiest.work();
  }
};

/** The host on which something will end first, and when. */
const soonest = (hosts: readonly MeshHost[]): readonly [number, MeshHost | undefined] => {
  let soonestMs = Number.POSITIVE_INFINITY;
  let found: MeshHost | undefined;
  for (const host of hosts) {
    if (host.changeAtMs >= soonestMs) continue;
    soonestMs = host.changeAtMs;
    found = host;
  }
  return [soonestMs, found];
};

const sum = (hosts: readonly MeshHost[], of: (host: MeshHost) => number): number =>
  hosts.reduce((total, host) => total + of(host), 0);
