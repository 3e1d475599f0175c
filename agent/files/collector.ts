import { setTimeout as delay } from 'node:timers/promises';
import { defaultArtefactLimits } from '../../src/artefacts/limits.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { HostId, PlanId, TaskName } from '../../src/core/ids.ts';
import type { Bringer } from './bringer.ts';
import type { FilesPorts } from './ports.ts';

type CollectPorts = Pick<FilesPorts, 'host' | 'core' | 'push' | 'log'> & {
  /** True while what runs, or is to, waits for files: that comes first. */
  isBusy(): boolean;
};

/** What is yet to come of one build. */
interface Collection {
  readonly open: Map<TaskName, Open>;
  /** Their files are here, or were: they are not looked for again before the end. */
  readonly done: Set<TaskName>;
  readonly waiters: ((missing: readonly TaskName[]) => void)[];
}

interface Open {
  readonly sizeBytes: number;
  isRunning: boolean;
  failures: number;
  /** Monotonic, milliseconds. */
  notBeforeMs: number;
  readonly tried: Set<HostId>;
}

/** Small files come many in one answer; of large ones two fill the line, and one while it is wanted for something else. */
const smallMax = 48;
const smallBusyMax = 8;
const largeMax = 2;
const lookMs = 250;
const rescanMs = 30_000;
const pauseMs = 1_000;
const pauseMsMax = 30_000;
/** At the end of a build what has failed so often since is given up: after a quarter of a minute at least. */
const failuresMax = 5;

/**
 * Brings all packages of some builds to this host, in the background: a user finds them where he asked for the build. Level-triggered:
 * what failed is tried again for as long as anybody has it.
 */
export class Collector {
  readonly #ports: CollectPorts;
  readonly #bringer: Bringer;
  readonly #signal: AbortSignal;
  readonly #plans = new Map<PlanId, Collection>();
  #running = { small: 0, large: 0 };
  #isAwake = false;

  constructor(ports: CollectPorts, bringer: Bringer, signal: AbortSignal) {
    this.#ports = ports;
    this.#bringer = bringer;
    this.#signal = signal;
    // Facts of earlier lives are told to nobody.
    const timer = setInterval(() => {
      for (const planId of this.#plans.keys()) this.#rescan(planId);
    }, rescanMs);
    timer.unref();
    const giveUp = (): void => {
      clearInterval(timer);
      this.#giveUp();
    };
    signal.addEventListener('abort', giveUp, { once: true });
  }

  isCollecting(planId: PlanId): boolean {
    return this.#plans.has(planId);
  }

  set(planId: PlanId, isOn: boolean): void {
    if (!isOn) this.end(planId);
    if (!isOn || this.#plans.has(planId) || this.#signal.aborted) return;
    this.#plans.set(planId, { open: new Map(), done: new Set(), waiters: [] });
    this.#rescan(planId);
  }

  end(planId: PlanId): void {
    const plan = this.#plans.get(planId);
    this.#plans.delete(planId);
    for (const tell of plan?.waiters ?? []) tell([...(plan?.open.keys() ?? [])]);
  }

  hear(fact: Fact): void {
    const { planId, task, outcome } = fact;
    if (outcome.kind !== 'built' || fact.origin.host === this.#ports.host) return;
    this.#add(planId, task, outcome.sizeBytes);
  }

  #add(planId: PlanId, task: TaskName, sizeBytes: number): void {
    const plan = this.#plans.get(planId);
    if (plan === undefined || plan.done.has(task) || plan.open.has(task)) return;
    plan.open.set(task, {
      ...{ sizeBytes, isRunning: false, failures: 0, notBeforeMs: 0 },
      tried: new Set(),
    });
    this.#wake();
  }

  /** Resolves when all is here that can be had. `missing`: what has been built, and is nowhere to be had. */
  collected(planId: PlanId): Promise<readonly TaskName[]> {
    const plan = this.#plans.get(planId);
    if (plan === undefined) return Promise.resolve([]);
    if (this.#signal.aborted) return Promise.resolve([...plan.open.keys()]);
    // What was lost or dropped since is to come again, and a host that was away may be back.
    plan.done.clear();
    for (const open of plan.open.values()) Object.assign(open, { failures: 0, notBeforeMs: 0 });
    this.#rescan(planId);
    return new Promise((resolve) => {
      plan.waiters.push(resolve);
      this.#wake();
    });
  }

  #rescan(planId: PlanId): void {
    const { core } = this.#ports;
    for (const { task, outcome } of core.listEnds(planId)) {
      // What this host built itself may have been lost since.
      const isWanted = outcome.kind === 'built' && core.viewFile(planId, task)?.isHere !== true;
      if (isWanted) this.#add(planId, task, outcome.sizeBytes);
    }
    this.#wake();
  }

  #wake(): void {
    if (this.#isAwake || this.#signal.aborted) return;
    this.#isAwake = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#signal.aborted) {
      let isIdle = true;
      for (const [planId, plan] of this.#plans) {
        this.#startSome(planId, plan);
        settle(plan);
        if (plan.open.size > 0 || plan.waiters.length > 0) isIdle = false;
      }
      if (isIdle) break;
      await delay(lookMs, undefined, { signal: this.#signal }).catch(() => undefined);
    }
    this.#isAwake = false;
  }

  #startSome(planId: PlanId, plan: Collection): void {
    const nowMs = performance.now();
    const large = this.#ports.isBusy() ? 1 : largeMax;
    const small = this.#ports.isBusy() ? smallBusyMax : smallMax;
    for (const [task, open] of plan.open) {
      if (this.#running.large >= large && this.#running.small >= small) return;
      if (open.isRunning || open.notBeforeMs > nowMs) continue;
      const size = open.sizeBytes <= defaultArtefactLimits.smallBytesMax ? 'small' : 'large';
      if (this.#running[size] >= (size === 'small' ? small : large)) continue;
      const file = this.#ports.core.viewFile(planId, task);
      if (file?.isHere === true) this.#finish(plan, task);
      else if (file !== undefined) this.#start({ planId, plan, task, open, size }, file);
      // The core has forgotten the build: nobody can say any more who has it.
      else open.failures = failuresMax;
    }
  }

  #start(job: Job, { digests, holders }: { digests: readonly string[]; holders: readonly HostId[] }): void {
    const { open } = job;
    const fresh = holders.filter((host) => !open.tried.has(host));
    if (fresh.length === 0) open.tried.clear();
    const pool = fresh.length > 0 ? fresh : holders;
    // Nobody has it, but it may lie in the repository: that is looked at first, whoever is to be asked.
    const from = pool[Math.floor(Math.random() * pool.length)] ?? this.#ports.host;
    open.isRunning = true;
    this.#running[job.size] += 1;
    void this.#bring(job, digests, from).finally(() => {
      open.isRunning = false;
      this.#running[job.size] -= 1;
    });
  }

  async #bring({ planId, plan, task, open }: Job, digests: readonly string[], from: HostId): Promise<void> {
    const end = this.#ports.core.findEnd(planId, task);
    const first = end?.outcome.kind === 'built' ? end.outcome : undefined;
    const rest = digests.filter((digest) => digest !== first?.digest);
    const wanted = {
      ...{ planId, name: task, from, sizeBytes: first?.sizeBytes },
      digests: first === undefined ? rest : [first.digest, ...rest],
    };
    const brought = await this.#bringer.bring(wanted, this.#signal).catch(() => undefined);
    if (brought?.kind === 'here') {
      this.#finish(plan, task);
      this.#ports.push({ kind: 'fileFetched', planId, task });
      return;
    }
    open.tried.add(from);
    open.failures += 1;
    open.notBeforeMs = performance.now() + Math.min(pauseMsMax, pauseMs * 2 ** (open.failures - 1));
  }

  #finish(plan: Collection, task: TaskName): void {
    plan.open.delete(task);
    plan.done.add(task);
  }

  #giveUp(): void {
    for (const { open, waiters } of this.#plans.values()) {
      for (const tell of waiters.splice(0)) tell([...open.keys()]);
    }
  }
}

/** Tells those who wait for the end when there is nothing left to hope for. */
const settle = ({ open, waiters }: Collection): void => {
  if (waiters.length === 0) return;
  for (const { isRunning, failures } of open.values()) if (isRunning || failures < failuresMax) return;
  const missing = [...open.keys()];
  for (const tell of waiters.splice(0)) tell(missing);
};

interface Job {
  readonly planId: PlanId;
  readonly plan: Collection;
  readonly task: TaskName;
  readonly open: Open;
  readonly size: 'small' | 'large';
}
