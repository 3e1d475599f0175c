import type { Resources } from '../../src/core/dispatch/ledger.ts';
import { measureDisk } from '../../src/core/dispatch/ledger.ts';
import type { Effect, WorkArea } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { PlanId, SlotName, TaskName, Token } from '../../src/core/ids.ts';
import type { Limits } from '../../src/core/limits.ts';
import type { Plan, Task } from '../../src/core/plan.ts';

/** Thrown when the core asks for something that may never happen. */
class Violation extends Error {}

export const demand = (condition: boolean, message: string): void => {
  if (!condition) throw new Violation(message);
};

const keyOf = (plan: PlanId, task: TaskName): string => `${plan} ${task}`;

/** What runs on a slot, as the simulated shell knows it. */
export interface Running {
  readonly key: string;
  readonly token: Token;
  readonly task: Task;
  readonly work: WorkArea;
  /** It has run out of memory before: it must be alone. */
  readonly alone: boolean;
  cancelled: boolean;
}

/** What the simulated host has at the moment of a start. */
export interface Ground {
  readonly running: readonly Running[];
  readonly facts: readonly Fact[];
  readonly allowed: { readonly slots: number; readonly cores: number };
  /** The last that the agent was told. */
  readonly resources: Resources | undefined;
  readonly workMemoryBytes: number;
  readonly limits: Limits;
}

type Start = Extract<Effect, { readonly kind: 'start' }>;

/** The rules of every start, kept apart from the core that must obey them. */
export interface Books {
  /** Tasks of all plans by `plan task`. */
  readonly tasks: ReadonlyMap<string, Task>;
  /** Books a start; throws when it may not be. */
  begin(start: Start, ground: Ground): Running;
  /** A run of this key ran out of memory: its next one must be alone, with at most half of the jobs, crash or not. */
  noteMemory(key: string, jobs: number): void;
}

export const createBooks = (plans: ReadonlyMap<PlanId, Plan>): Books => {
  const tasks = new Map(
    [...plans].flatMap(([id, plan]) => plan.tasks.map((task) => [keyOf(id, task.name), task] as const)),
  );
  /** Of all lives. */
  const tokens = new Set<Token>();
  const memory = new Map<string, number>();

  const demandOrder = (start: Start, { facts }: Ground): void => {
    const { planId, task, token } = start;
    const known = facts.filter((fact) => fact.planId === planId);
    const isBuilt = (name: TaskName): boolean =>
      known.some((fact) => fact.task === name && fact.outcome.kind === 'built');
    const needs = tasks.get(keyOf(planId, task))?.needs ?? [];
    demand(needs.every(isBuilt), `${task} starts before what it needs is built`);
    demand(!known.some((fact) => fact.task === task), `${task} starts though it has its end`);
    demand(!tokens.has(token), `token ${token} is used twice`);
    tokens.add(token);
  };

  const demandRoom = (start: Start, task: Task, ground: Ground): void => {
    const { running, allowed, resources, workMemoryBytes, limits } = ground;
    const { jobs, work } = start;
    demand(jobs >= 1 && Number.isInteger(jobs), `${task.name} gets ${jobs} jobs`);
    demand(jobs <= allowed.cores, `${task.name} gets ${jobs} jobs of ${allowed.cores} cores`);
    demand(running.length < allowed.slots, `${task.name} starts as one more than ${allowed.slots}`);
    const level = measureDisk(resources, limits);
    demand(level !== 'full', `${task.name} starts on a full disk`);
    demand(
      level === 'ample' || running.length === 0,
      `${task.name} starts beside others on a disk that is ${level}`,
    );
    const workBytes = [...running.map((run) => run.work), work].reduce(
      (sum, area) => sum + (area.kind === 'memory' ? area.sizeBytes : 0),
      0,
    );
    demand(workBytes <= workMemoryBytes, `work areas take ${workBytes} of ${workMemoryBytes} of memory`);
    if (task.memoryBytes === 0 || running.length === 0 || resources === undefined) return;
    const all = [task, ...running.map((run) => run.task)].reduce(
      (sum, { memoryBytes }) => sum + memoryBytes,
      0,
    );
    demand(all <= resources.memoryBytes, `${task.name} starts where its memory does not fit`);
  };

  return {
    tasks,
    begin: (start, ground) => {
      const key = keyOf(start.planId, start.task);
      const task = tasks.get(key);
      if (task === undefined) throw new Violation(`${key} is of no plan`);
      demandOrder(start, ground);
      demandRoom(start, task, ground);
      demand(!ground.running.some((run) => run.key === key), `${key} runs twice`);
      demand(!ground.running.some((run) => run.alone), `${key} starts beside one that must be alone`);
      const most = memory.get(key);
      demand(most === undefined || ground.running.length === 0, `${key} is to be alone and has company`);
      demand(most === undefined || start.jobs <= most, `${key} gets ${start.jobs} jobs, not ${most}`);
      const { token, work } = start;
      return { key, token, task, work, alone: most !== undefined, cancelled: false };
    },
    noteMemory: (key, jobs) => void memory.set(key, Math.max(1, Math.floor(jobs / 2))),
  };
};

/** What the simulated shell knows of a slot, independently of the core. */
export type Place =
  | { readonly kind: 'nothing' | 'ready' | 'dirty' | 'lost' }
  | { readonly kind: 'preparing' | 'cleaning'; readonly order: number }
  | { readonly kind: 'running'; readonly run: Running };

/** The places of one host by slot. */
export const createPlaces = () => {
  const places = new Map<SlotName, Place>();
  return {
    places,
    get: (slot: SlotName): Place => places.get(slot) ?? { kind: 'nothing' },
    move: (slot: SlotName, from: readonly Place['kind'][], to: Place): void => {
      const { kind } = places.get(slot) ?? { kind: 'nothing' };
      demand(from.includes(kind), `slot ${slot} is ${kind} and is to be ${to.kind}`);
      places.set(slot, to);
    },
    running: (): readonly Running[] =>
      [...places.values()].flatMap((place) => (place.kind === 'running' ? [place.run] : [])),
    countUsed: (): number =>
      [...places.values()].filter(({ kind }) => kind !== 'nothing' && kind !== 'lost').length,
  };
};
