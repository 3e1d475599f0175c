import { itemAt } from '../../src/core/assert.ts';
import { countEdges, targetsOf } from '../../src/core/graph/edges.ts';
import {
  advance,
  createMachine,
  endOn,
  type HostSpec,
  type Machine,
  type Model,
  startOn,
} from './machine.ts';
import type { Workload } from './workload.ts';

/** A build to be modelled. */
export interface Case {
  readonly workload: Workload;
  /** What the schedulers think that each task takes, milliseconds, on a host of speed 1. */
  readonly estimateMs: Float64Array;
  readonly hosts: readonly HostSpec[];
  readonly model: Model;
}

/** What came of it. */
export interface Result {
  readonly makespanMs: number;
  /** Tasks that were started, those that were lost with their host and started again included. */
  readonly starts: number;
  /** Tasks that changed hosts between their placement and their start. */
  readonly moves: number;
}

/** One decision: this task starts there now. */
export interface Start {
  readonly task: number;
  readonly host: number;
  readonly jobs: number;
}

/** What a policy can see. */
export interface World {
  readonly input: Case;
  readonly machines: readonly Machine[];
  /** Index of a host by whether it is there now. */
  readonly isUp: readonly boolean[];
  readonly nowMs: number;
  readonly running: ReadonlyMap<
    number,
    { readonly host: number; readonly sinceMs: number; readonly jobs: number }
  >;
}

/** A way to place and order tasks: told of what happens, asked for starts until it has none. */
export interface Policy {
  /** All that the task needs is built; or its host was lost. */
  addReady(world: World, task: number): void;
  addHost(world: World, host: number): void;
  /** Tasks that were placed there, but not started, are to be placed anew. */
  dropHost(world: World, host: number): void;
  next(world: World): Start | undefined;
  readonly moves: number;
}

/** Runs a whole build in virtual time: no network, every decision at once. */
export const simulate = (input: Case, policy: Policy): Result => {
  const { workload, hosts } = input;
  const machines = hosts.map(createMachine);
  const world = {
    input,
    machines,
    isUp: hosts.map(() => false),
    nowMs: 0,
    running: new Map<number, { host: number; sinceMs: number; jobs: number }>(),
  };
  const missing = workload.names.map((_, task) => countEdges(workload.needs, task));
  let left = workload.names.length;
  let starts = 0;
  const comings = hosts
    .flatMap(({ joinMs = 0, dieMs = Number.POSITIVE_INFINITY }, host) => [
      { atMs: joinMs, host, isUp: true },
      { atMs: dieMs, host, isUp: false },
    ])
    .filter(({ atMs }) => Number.isFinite(atMs))
    .sort((a, b) => a.atMs - b.atMs);

  const changeHosts = (): void => {
    for (let next = comings[0]; next !== undefined && next.atMs <= world.nowMs; next = comings[0]) {
      comings.shift();
      world.isUp[next.host] = next.isUp;
      if (next.isUp) policy.addHost(world, next.host);
      else loseHost(next.host);
    }
  };
  const loseHost = (host: number): void => {
    const lost = [...world.running].filter(([, run]) => run.host === host).map(([task]) => task);
    for (const task of lost) {
      world.running.delete(task);
      endOn(itemAt(machines, host), world.nowMs, String(task));
    }
    policy.dropHost(world, host);
    for (const task of lost) policy.addReady(world, task);
  };
  const endTask = (task: number): void => {
    left -= 1;
    world.running.delete(task);
    for (const dependent of targetsOf(workload.dependents, task)) {
      const rest = itemAt(missing, dependent) - 1;
      missing[dependent] = rest;
      if (rest === 0) policy.addReady(world, dependent);
    }
  };
  const startTasks = (): void => {
    for (let start = policy.next(world); start !== undefined; start = policy.next(world)) {
      const { task, host, jobs } = start;
      starts += 1;
      const work = itemAt(workload.work, task);
      startOn(itemAt(machines, host), world.nowMs, { key: String(task), work, jobs, model: input.model });
      world.running.set(task, { host, sinceMs: world.nowMs, jobs });
    }
  };

  changeHosts();
  for (let task = 0; task < missing.length; task++) if (missing[task] === 0) policy.addReady(world, task);
  startTasks();
  while (left > 0) {
    const atMs = Math.min(
      ...machines.map(({ changeAtMs }) => changeAtMs),
      comings[0]?.atMs ?? Number.POSITIVE_INFINITY,
    );
    if (!Number.isFinite(atMs)) throw new Error(`${left} tasks are left and nothing runs`);
    world.nowMs = atMs;
    const ended = machines.flatMap((machine) => (machine.changeAtMs <= atMs ? advance(machine, atMs) : []));
    for (const key of ended) endTask(Number(key));
    changeHosts();
    startTasks();
  }
  return { makespanMs: world.nowMs, starts, moves: policy.moves };
};
