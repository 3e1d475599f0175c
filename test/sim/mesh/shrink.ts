import { shrinkList } from './ddmin.ts';
import type { Fault, HostSpec, PlanSpec, Scenario, TaskSpec } from './scenario.ts';

/** One way to make a scenario simpler; gives back a scenario that still fails. */
type Stage = (scenario: Scenario, fails: (scenario: Scenario) => boolean) => Scenario;

/**
 * The simplest scenario that this can find of those that fail as the given one does: without the faults, words of
 * users, plans, hosts and tasks that are not needed, with few slots and round times. Each call of `fails` is a whole
 * run; there are at most `triesMax`.
 */
export const shrinkScenario = (
  scenario: Scenario,
  fails: (scenario: Scenario) => boolean,
  triesMax = 2_000,
): Scenario => {
  let tries = 0;
  const holds = (simpler: Scenario): boolean => {
    tries += 1;
    return tries <= triesMax && fails(simpler);
  };
  let best = scenario;
  for (;;) {
    const before = JSON.stringify(best);
    for (const stage of stages) best = stage(best, holds);
    if (JSON.stringify(best) === before || tries >= triesMax) return best;
  }
};

const shrinkFaults: Stage = (scenario, fails) => ({
  ...scenario,
  faults: shrinkList(scenario.faults, (faults) => fails({ ...scenario, faults })),
});

const shrinkWords: Stage = (scenario, fails) => ({
  ...scenario,
  words: shrinkList(scenario.words, (words) => fails({ ...scenario, words })),
});

const shrinkPlans: Stage = (scenario, fails) => {
  const keep = (plans: readonly PlanSpec[]): Scenario => ({
    ...scenario,
    plans,
    words: scenario.words.filter(({ plan }) => plans.some(({ id }) => id === plan)),
  });
  return keep(shrinkList(scenario.plans, (plans) => plans.length > 0 && fails(keep(plans))));
};

const shrinkHosts: Stage = (scenario, fails) => {
  const keep = (hosts: readonly HostSpec[]): Scenario => keepHosts(scenario, hosts);
  return keep(shrinkList(scenario.hosts, (hosts) => hosts.length > 0 && fails(keep(hosts))));
};

/** Without the other hosts, and without what happens to them. */
const keepHosts = (scenario: Scenario, hosts: readonly HostSpec[]): Scenario => {
  const names = new Set(hosts.map(({ name }) => name));
  const first = hosts[0]?.name ?? '';
  const standIn = (name: string): string => (names.has(name) ? name : first);
  return {
    ...scenario,
    hosts: hosts.map((host) => ({ ...host, seeds: host.seeds.filter((seed) => names.has(seed)) })),
    plans: scenario.plans.map((plan) => ({ ...plan, host: standIn(plan.host) })),
    words: scenario.words.map((word) => ({ ...word, host: standIn(word.host) })),
    faults: scenario.faults.filter((fault) =>
      listHosts(fault).every((name) => isRole(name) || names.has(name)),
    ),
  };
};

const isRole = (name: string): boolean => name.startsWith('@');

const listHosts = (fault: Fault): readonly string[] => {
  if ('host' in fault) return [fault.host];
  if ('a' in fault) return [fault.a, fault.b];
  if ('from' in fault) return [fault.from, fault.to];
  if ('side' in fault) return fault.side;
  return fault.clogs.map(({ host }) => host);
};

const shrinkTasks: Stage = (scenario, fails) =>
  forEachPlan(scenario, fails, (tasks, failsWith) =>
    closeNeeds(shrinkList(tasks, (part) => part.length > 0 && failsWith(closeNeeds(part)))),
  );

type FailsWith = (tasks: readonly TaskSpec[]) => boolean;

/** Makes the tasks of one plan after the other simpler. */
const forEachPlan = (
  scenario: Scenario,
  fails: (scenario: Scenario) => boolean,
  simplify: (tasks: readonly TaskSpec[], failsWith: FailsWith) => readonly TaskSpec[],
): Scenario => {
  let best = scenario;
  scenario.plans.forEach((plan, index) => {
    const others = best;
    const withTasks = (tasks: readonly TaskSpec[]): Scenario => ({
      ...others,
      plans: others.plans.with(index, { ...plan, tasks }),
    });
    best = withTasks(simplify(plan.tasks, (tasks) => fails(withTasks(tasks))));
  });
  return best;
};

/** What is gone is needed by nobody. */
const closeNeeds = (tasks: readonly TaskSpec[]): readonly TaskSpec[] => {
  const names = new Set(tasks.map(({ name }) => name));
  return tasks.map((task) => ({ ...task, needs: task.needs.filter((need) => names.has(need)) }));
};

/** Takes each simpler form of each item that still fails. */
const simplifyEach = <Item>(
  items: readonly Item[],
  forms: readonly ((item: Item) => Item)[],
  fails: (items: readonly Item[]) => boolean,
): readonly Item[] => {
  let best = items;
  for (let index = 0; index < items.length; index++) {
    for (const form of forms) {
      const item = best[index];
      if (item === undefined) continue;
      const simpler = form(item);
      if (JSON.stringify(simpler) === JSON.stringify(item)) continue;
      const next = best.with(index, simpler);
      if (fails(next)) best = next;
    }
  }
  return best;
};

const simplifyHosts: Stage = (scenario, fails) => ({
  ...scenario,
  hosts: simplifyEach(
    scenario.hosts,
    [
      (host) => ({ ...host, slots: 1, cores: 1, spare: 0 }),
      (host) => ({ ...host, spare: 0 }),
      (host) => ({ ...host, slots: Math.ceil(host.slots / 2) }),
      (host) => ({ ...host, speed: 1 }),
      (host) => ({ ...host, persistMs: 1 }),
      (host) => ({ ...host, joinMs: 0 }),
      (host) => ({ ...host, joinMs: roundTime(host.joinMs) }),
      (host) => ({ ...host, eligibility: 'allow' }),
    ],
    (hosts) => fails({ ...scenario, hosts }),
  ),
});

const simplifyTasks: Stage = (scenario, fails) =>
  forEachPlan(scenario, fails, (tasks, failsWith) => simplifyEach(tasks, taskForms, failsWith));

const taskForms: readonly ((task: TaskSpec) => TaskSpec)[] = [
  (task) => ({ ...task, fate: { kind: 'built' }, adds: [] }),
  (task) => ({ ...task, adds: [] }),
  (task) => ({ ...task, needs: [] }),
  (task) => ({ ...task, diskBytes: 0, memoryBytes: 0 }),
  (task) => ({ ...task, serialMs: roundTime(task.serialMs + task.parallelMs), parallelMs: 0 }),
  (task) => ({ ...task, estimateMs: Math.max(1, task.serialMs + task.parallelMs) }),
];

const simplifyFaults: Stage = (scenario, fails) => ({
  ...scenario,
  faults: simplifyEach<Fault>(
    scenario.faults,
    [
      (fault) => ({ ...fault, atMs: roundTime(fault.atMs) }),
      (fault) => ('forMs' in fault ? { ...fault, forMs: roundTime(fault.forMs) } : fault),
      (fault) => ('forMs' in fault ? { ...fault, forMs: Math.ceil(fault.forMs / 2) } : fault),
    ],
    (faults) => fails({ ...scenario, faults }),
  ),
});

const simplifyWorld: Stage = (scenario, fails) => {
  const forms: readonly ((scenario: Scenario) => Scenario)[] = [
    (each) => ({ ...each, sharedFiles: false }),
    (each) => ({ ...each, stretches: false }),
    (each) => ({ ...each, network: { delayMs: 1, bytesPerMs: 100_000 } }),
    (each) => ({ ...each, healMs: Math.max(0, ...each.faults.map(findEnd)) + 1_000 }),
  ];
  return forms.reduce((best, form) => {
    const simpler = form(best);
    return JSON.stringify(simpler) !== JSON.stringify(best) && fails(simpler) ? simpler : best;
  }, scenario);
};

const findEnd = (fault: Fault): number => fault.atMs + ('forMs' in fault ? (fault.forMs ?? 0) : 0);

/** To two digits: `12345` becomes `12000`. */
const roundTime = (ms: number): number => {
  if (ms <= 0) return 0;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(ms)) - 1);
  return Math.round(ms / unit) * unit;
};

const stages: readonly Stage[] = [
  shrinkFaults,
  shrinkPlans,
  shrinkHosts,
  shrinkTasks,
  shrinkWords,
  simplifyHosts,
  simplifyTasks,
  simplifyFaults,
  simplifyWorld,
];
