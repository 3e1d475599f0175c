import { type AgentState, createAgent, handle, type LimitsChange } from '../../src/core/agent.ts';
import { itemAt } from '../../src/core/assert.ts';
import type { Effect } from '../../src/core/effect.ts';
import {
  type HostId,
  hostId,
  type Life,
  type PlanId,
  type SessionId,
  slotName,
  type TaskName,
  type Token,
} from '../../src/core/ids.ts';
import type { Event, RunResult } from '../../src/core/input.ts';
import type { Hello } from '../../src/core/message.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { Clock } from './clock.ts';
import type { Case } from './engine.ts';
import { advance, createMachine, endOn, type Machine, startOn } from './machine.ts';
import { coreTime, type Work } from './workload.ts';

/** What the hosts of one world share. */
export interface Surroundings {
  readonly clock: Clock;
  readonly input: Case;
  readonly plan: { readonly id: PlanId; readonly plan: Plan };
  /** Tasks that have not been built. */
  readonly left: Set<TaskName>;
  readonly workOf: ReadonlyMap<TaskName, Work>;
  readonly limits: LimitsChange;
  readonly rules: Partial<Rules>;
  readonly seed: number;
}

/** A message, and a plan, from one host to another; to make a sandbox, and to clean it. Milliseconds. */
const DELAY_MS = 0.5;
const PLAN_MS = 100;
const SANDBOX_MS = 100;
const SPARE_SLOTS = 1;
const PROTOCOL = { oldest: 1, newest: 2 };

/** One host of the modelled mesh: a real agent, and around it a world in which nothing goes wrong. */
export class MeshHost {
  readonly id: HostId;
  isUp = false;
  events = 0;
  messages = 0;
  starts = 0;
  thefts = 0;
  readonly #world: Surroundings;
  readonly #state: AgentState;
  readonly #machine: Machine;
  readonly #life: Life;
  readonly #seed: number;
  #wakes = 0;
  readonly #peers = new Map<SessionId, MeshHost>();
  readonly #runs = new Map<string, Extract<Effect, { readonly kind: 'start' }>>();

  constructor(index: number, world: Surroundings) {
    this.id = hostId(`host${String(index + 1).padStart(3, '0')}`);
    this.#world = world;
    this.#state = createAgent(world.limits, world.rules);
    this.#machine = createMachine(itemAt(world.input.hosts, index));
    this.#life = { host: this.id, incarnation: 1, boot: 'bench' };
    this.#seed = world.seed * 1000 + index;
  }

  get changeAtMs(): number {
    return this.#machine.changeAtMs;
  }

  boot(expectsPeers: boolean): void {
    const { slots, cores } = this.#machine.spec;
    this.isUp = true;
    this.give({
      kind: 'booted',
      life: this.#life,
      slots: Array.from({ length: slots + SPARE_SLOTS }, (_, slot) => slotName(`build-${slot + 1}`)),
      runs: slots,
      cores,
      workMemoryBytes: 0,
      seed: this.#seed,
      mesh: {
        id: 'bench',
        protocol: PROTOCOL,
        platform: 'bench',
        eligibility: 'allow',
        expectsPeers,
        ballotN: 0,
        sharedFiles: true,
      },
    });
  }

  /** All that runs there is lost. */
  die(): void {
    this.isUp = false;
    this.#peers.clear();
    for (const key of this.#runs.keys()) endOn(this.#machine, this.#world.clock.nowMs, key);
  }

  openSession(session: SessionId, other: MeshHost, isDialler: boolean): void {
    this.#peers.set(session, other);
    this.#world.clock.after(DELAY_MS, () =>
      this.give({ kind: 'sessionUp', session, hello: other.hello(), isDialler }),
    );
  }

  loseSession(other: MeshHost): void {
    const session = [...this.#peers].find(([, peer]) => peer === other)?.[0];
    if (session === undefined) return;
    this.#peers.delete(session);
    this.#world.clock.after(DELAY_MS, () => this.give({ kind: 'sessionDown', session }));
  }

  hello(): Hello {
    const { slots, cores } = this.#machine.spec;
    return {
      life: this.#life,
      mesh: 'bench',
      protocol: PROTOCOL,
      platform: 'bench',
      eligibility: 'allow',
      runs: slots,
      cores,
    };
  }

  /** Ends the runs whose time has come. */
  work(): void {
    for (const key of advance(this.#machine, this.#world.clock.nowMs)) {
      const run = this.#runs.get(key);
      if (run === undefined) continue;
      this.#world.left.delete(run.task);
      this.#endRun(run, builtBy(this.#workOf(run.task)));
    }
  }

  give(event: Event): void {
    if (!this.isUp) return;
    const { nowMs } = this.#world.clock;
    this.events += 1;
    for (const effect of handle(this.#state, event, { now: nowMs, wall: nowMs })) this.#carryOut(effect);
  }

  #giveLater(delayMs: number, event: Event): void {
    this.#world.clock.after(delayMs, () => this.give(event));
  }

  #carryOut(effect: Effect): void {
    const { plan } = this.#world;
    switch (effect.kind) {
      case 'send':
        this.#send(effect);
        break;
      case 'start':
        this.#start(effect);
        break;
      case 'cancel':
        this.#cancel(effect.token);
        break;
      case 'prepare':
        this.#giveLater(SANDBOX_MS, { kind: 'slotPrepared', slot: effect.slot, order: effect.order });
        break;
      case 'clean':
        this.#giveLater(SANDBOX_MS, { kind: 'slotCleaned', slot: effect.slot, order: effect.order });
        break;
      case 'fetchPlan':
        this.#giveLater(PLAN_MS, { kind: 'planAdded', planId: plan.id, plan: plan.plan, entries: [] });
        break;
      case 'fetchFile':
        this.#giveLater(DELAY_MS, { kind: 'fileFetched', planId: effect.planId, task: effect.task });
        break;
      case 'sweep':
        this.#giveLater(SANDBOX_MS, { kind: 'swept', clean: [] });
        break;
      case 'wake':
        this.#wake(effect.at);
        break;
      case 'closeSession':
      case 'retire':
        throw new Error(`${this.id}: ${effect.kind} in a world where nothing goes wrong: ${effect.reason}`);
      case 'persist':
      case 'keep':
      case 'announce':
      case 'dropFile':
      case 'planEnded':
      case 'note':
        break;
    }
  }

  /** There is one timer: a new time takes the place of the old one. */
  #wake(atMs: number): void {
    this.#wakes += 1;
    const wake = this.#wakes;
    this.#world.clock.at(atMs, () => {
      if (wake === this.#wakes) this.give({ kind: 'tick' });
    });
  }

  #send({ session, message }: Extract<Effect, { readonly kind: 'send' }>): void {
    const peer = this.#peers.get(session);
    if (peer === undefined) return;
    this.messages += 1;
    if (message.kind === 'taken') this.thefts += 1;
    peer.#giveLater(DELAY_MS, { kind: 'message', session, message });
  }

  #start(effect: Extract<Effect, { readonly kind: 'start' }>): void {
    const { clock, input } = this.#world;
    const { token: key, jobs } = effect;
    this.starts += 1;
    this.#runs.set(key, effect);
    startOn(this.#machine, clock.nowMs, { key, work: this.#workOf(effect.task), jobs, model: input.model });
  }

  #cancel(token: Token): void {
    const run = this.#runs.get(token);
    if (run === undefined) return;
    endOn(this.#machine, this.#world.clock.nowMs, token);
    this.#endRun(run, { kind: 'trouble', trouble: 'killed', detail: '' });
  }

  #endRun({ slot, token }: Extract<Effect, { readonly kind: 'start' }>, result: RunResult): void {
    this.#runs.delete(token);
    this.#giveLater(0, { kind: 'runEnded', slot, token, result });
  }

  #workOf(task: TaskName): Work {
    const work = this.#world.workOf.get(task);
    if (work === undefined) throw new Error(`the workload has no task ${task}`);
    return work;
  }
}

const builtBy = (work: Work): RunResult => ({
  kind: 'ended',
  outcome: { kind: 'built', digest: 'sha256:bench', sizeBytes: 0 },
  steps: [],
  cpuMs: coreTime(work),
  diskBytes: 0,
  memoryBytes: 0,
});
