import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { itemAt } from '../src/core/assert.ts';
import type { Fact } from '../src/core/facts/fact.ts';
import { makeToken, slotName } from '../src/core/ids.ts';
import { viewMesh } from '../src/core/meshView.ts';
import { canonicalPlan, type Plan } from '../src/core/plan.ts';
import { parseCanonicalPlan } from '../src/core/planText.ts';
import { bootAgent, carryThrough, give, helloOf, lifeOf, PLAN, SESSION, type Subject } from './core/noop.ts';
import { hasData, loadWholeTree } from './schedule/data.ts';
import { makePlan } from './schedule/mesh.ts';

export const description =
  'the protocol core in memory, on the whole tree: a new coordinator, dispatch, memory';

const KNOWN = 24_000;
const RUNS = 3;
const SLOTS = 32;
const targets = { warmMs: 50, coldMs: 300, tasksPerSecond: 100_000, memoryBytes: 64e6 };

/**
 * How long a new coordinator takes: `warm`, when it had all before, the CPU of all steps from the loss of the old one to its first
 * grant; `cold`, when it has just started and reads plan and entries. How many tasks a second are dispatched where every build
 * takes no time: by an agent alone, and by two, with grants. What an agent's memory grows by with the plan and its entries.
 */
export async function run(): Promise<Record<string, unknown>> {
  if (!hasData()) return { skipped: 'the recorded data is not there' };
  const workload = await loadWholeTree(1);
  const estimateMs = Float64Array.from(workload.work, ({ wallMs }) => wallMs);
  const plan = makePlan({ workload, estimateMs, hosts: [], model: 'fixed' });
  const text = canonicalPlan(plan);
  const entries = listFacts(plan, workload.needs.start.length - 1);
  const figures = {
    tasks: plan.tasks.length,
    entries: entries.length,
    coldMs: medianOf(() => takeOverCold(text, entries)),
    warmMs: medianOf(() => takeOverWarm(plan, entries)),
    aloneTasksPerSecond: Math.round(1 / medianOf(() => dispatch(plan, 1))),
    tasksPerSecond: Math.round(1 / medianOf(() => dispatch(plan, 2))),
    memoryBytes: measureMemory(text, entries),
  };
  for (const [name, value] of Object.entries(figures)) {
    const target = Object.entries(targets).find(([key]) => key === name)?.[1];
    console.log(
      `${name.padEnd(22)}${value.toFixed(value < 1000 ? 1 : 0).padStart(12)}${target ? `  (target ${target})` : ''}`,
    );
  }
  return figures;
}

/** CPU of this process so far, all threads: what else the machine does takes no part. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const medianOf = (measure: () => number): number =>
  itemAt(
    Array.from({ length: RUNS }, measure).sort((a, b) => a - b),
    RUNS >> 1,
  );

/** The first tasks of the plan, in an order in which they could have been built, as another host tells of them. */
const listFacts = (plan: Plan, tasks: number): readonly Fact[] => {
  const origin = lifeOf('host-b');
  const left = new Map(plan.tasks.map(({ name, needs }) => [name, needs]));
  const facts: Fact[] = [];
  for (let isMoving = true; isMoving && facts.length < Math.min(KNOWN, tasks); ) {
    isMoving = false;
    for (const [task, needs] of left) {
      if (needs.some((need) => left.has(need)) || facts.length >= KNOWN) continue;
      left.delete(task);
      isMoving = true;
      const seq = facts.length + 1;
      facts.push({
        ...{ planId: PLAN, task, token: makeToken({ n: 1, life: origin }, seq), origin, seq },
        ...{ slot: slotName('build-1'), startedAtMs: 0, wallMs: 1000, cpuMs: 1000, jobs: 1, steps: [] },
        ...{ diskBytes: 0, memoryBytes: 0 },
        outcome: { kind: 'built', digest: 'sha256:0', sizeBytes: 1 },
      });
    }
  }
  return facts;
};

const takeOverCold = (text: string, entries: readonly Fact[]): number => {
  const start = cpuMs();
  const plan = parseCanonicalPlan(text);
  if (plan === undefined) throw new Error('a plan is not read back from its own text');
  give(bootAgent('host-a', SLOTS, false), { kind: 'planAdded', planId: PLAN, plan, entries });
  return cpuMs() - start;
};

const takeOverWarm = (plan: Plan, entries: readonly Fact[]): number => {
  const agent = bootAgent('host-a', SLOTS, true);
  const other = lifeOf('host-b');
  agent.nowMs = 100;
  give(agent, { kind: 'sessionUp', session: SESSION, hello: helloOf(other, SLOTS), isDialler: true });
  give(agent, {
    kind: 'message',
    session: SESSION,
    message: { kind: 'lead', ballot: { n: 1, life: other } },
  });
  give(agent, { kind: 'planAdded', planId: PLAN, plan, entries });
  if (viewMesh(agent.state).leader?.host !== other.host) throw new Error('the other host does not lead');
  const start = cpuMs();
  give(agent, { kind: 'sessionDown', session: SESSION });
  pass(agent, () => viewMesh(agent.state).isOpen);
  return cpuMs() - start;
};

/** Lets time pass in steps of a tenth of a second until something holds. */
const pass = (agent: Subject, isDone: () => boolean): void => {
  for (let steps = 0; !isDone(); steps++) {
    if (steps > 1000) throw new Error('nobody leads after a hundred seconds');
    agent.nowMs += 100;
    give(agent, { kind: 'tick' });
  }
};

/** Seconds a task. */
const dispatch = (plan: Plan, agents: number): number => {
  const hosts = ['host-a', 'host-b'].slice(0, agents);
  const subjects = hosts.map((host) => bootAgent(host, SLOTS, agents > 1));
  const start = cpuMs();
  const { built } = carryThrough(subjects, plan);
  return (cpuMs() - start) / 1000 / built;
};

const measureMemory = (text: string, entries: readonly Fact[]): number => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const agent = bootAgent('host-a', SLOTS, false);
  collect();
  const before = process.memoryUsage();
  const copies = entries.map((entry) => structuredClone(entry));
  const plan = parseCanonicalPlan(text);
  if (plan === undefined) throw new Error('a plan is not read back from its own text');
  give(agent, { kind: 'planAdded', planId: PLAN, plan, entries: copies });
  collect();
  const after = process.memoryUsage();
  const grownBytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  if (agent.state.plans.length === 0) throw new Error('the plan was not taken');
  return grownBytes;
};
