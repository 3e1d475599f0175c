import { itemAt } from '../../src/core/assert.ts';
import type { Case, Policy, Start, World } from './engine.ts';
import { TaskHeap } from './heap.ts';
import { type Order, weighTasks } from './orders.ts';

/** A list scheduler: each ready task is placed on one host, where it waits in the order of the rule. */
export interface Rule {
  readonly name: string;
  readonly order: Order;
  /** `load`: the host with the least expected work for each slot. `finish`: the one where it would end first. */
  readonly placement: 'load' | 'finish';
  /** A free slot with nothing of its own takes the first task of the host with the most work waiting. */
  readonly stealing: boolean;
  /** MAKE_JOBS of every run. */
  readonly jobs: number;
}

export const createListScheduler = (input: Case, rule: Rule): Policy => new ListScheduler(input, rule);

class ListScheduler implements Policy {
  moves = 0;
  readonly #input: Case;
  readonly #rule: Rule;
  readonly #queues: readonly TaskHeap[];
  /** Expected time of what waits there, milliseconds. */
  readonly #queuedMs: Float64Array;
  /** Ready while no host was there. */
  readonly #homeless: number[] = [];
  readonly #readyAt: Int32Array;
  #readies = 0;

  constructor(input: Case, rule: Rule) {
    this.#input = input;
    this.#rule = rule;
    const weights = weighTasks(rule.order, input);
    const readyAt = new Int32Array(weights.length);
    this.#readyAt = readyAt;
    const isBefore = (a: number, b: number): boolean => {
      const byWeight = itemAt(weights, a) - itemAt(weights, b);
      return byWeight !== 0 ? byWeight > 0 : itemAt(readyAt, a) < itemAt(readyAt, b);
    };
    this.#queues = input.hosts.map(() => new TaskHeap(isBefore));
    this.#queuedMs = new Float64Array(input.hosts.length);
  }

  addReady(world: World, task: number): void {
    this.#readyAt[task] = ++this.#readies;
    this.#place(world, task);
  }

  addHost(world: World): void {
    for (const task of this.#homeless.splice(0)) this.#place(world, task);
  }

  dropHost(world: World, host: number): void {
    this.#queuedMs[host] = 0;
    for (const task of itemAt(this.#queues, host).drain()) this.#place(world, task);
  }

  next(world: World): Start | undefined {
    for (let host = 0; host < this.#queues.length; host++) {
      const { spec, runs } = itemAt(world.machines, host);
      if (!world.isUp[host] || runs.length >= spec.slots) continue;
      const from = itemAt(this.#queues, host).size > 0 ? host : this.#findVictim();
      const task = from === undefined ? undefined : this.#take(from);
      if (task === undefined) continue;
      if (from !== host) this.moves += 1;
      return { task, host, jobs: this.#rule.jobs };
    }
    return undefined;
  }

  #take(host: number): number | undefined {
    const task = itemAt(this.#queues, host).pop();
    if (task !== undefined) {
      this.#queuedMs[host] = itemAt(this.#queuedMs, host) - itemAt(this.#input.estimateMs, task);
    }
    return task;
  }

  #place(world: World, task: number): void {
    const host = this.#chooseHost(world, task);
    if (host === undefined) {
      this.#homeless.push(task);
      return;
    }
    itemAt(this.#queues, host).push(task);
    this.#queuedMs[host] = itemAt(this.#queuedMs, host) + itemAt(this.#input.estimateMs, task);
  }

  #chooseHost(world: World, task: number): number | undefined {
    let best: number | undefined;
    let bestMs = Number.POSITIVE_INFINITY;
    for (let host = 0; host < this.#queues.length; host++) {
      if (!world.isUp[host]) continue;
      const { slots, speed } = itemAt(this.#input.hosts, host);
      const waitMs = this.#waitMs(world, host) / (slots * speed);
      const ownMs = this.#rule.placement === 'finish' ? itemAt(this.#input.estimateMs, task) / speed : 0;
      if (waitMs + ownMs >= bestMs) continue;
      best = host;
      bestMs = waitMs + ownMs;
    }
    return best;
  }

  /** Expected work before a new task starts there, as on a host of speed 1; none where a slot is free. */
  #waitMs(world: World, host: number): number {
    const { spec, runs } = itemAt(world.machines, host);
    const queue = itemAt(this.#queues, host);
    if (this.#rule.placement === 'finish' && runs.length + queue.size < spec.slots) return 0;
    let leftMs = itemAt(this.#queuedMs, host);
    for (const { key } of runs) {
      const sinceMs = world.running.get(Number(key))?.sinceMs ?? world.nowMs;
      leftMs += Math.max(
        0,
        itemAt(this.#input.estimateMs, Number(key)) - (world.nowMs - sinceMs) * spec.speed,
      );
    }
    return leftMs;
  }

  #findVictim(): number | undefined {
    if (!this.#rule.stealing) return undefined;
    let victim: number | undefined;
    for (let host = 0; host < this.#queues.length; host++) {
      if (itemAt(this.#queues, host).size === 0) continue;
      if (victim === undefined || itemAt(this.#queuedMs, host) > itemAt(this.#queuedMs, victim))
        victim = host;
    }
    return victim;
  }
}
