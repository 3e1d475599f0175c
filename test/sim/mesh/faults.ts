import type { Ground, Machine } from './ground.ts';
import { endProcess } from './processes.ts';
import type { Fault, LinkFault } from './scenario.ts';
import { leaderName } from './scenario.ts';
import {
  beginTrouble,
  checkFiles,
  dieForGood,
  reviveMachine,
  spoilFiles,
  tellToEnd,
  trouble,
} from './troubles.ts';

/** A host that is to go for good has so long, once everything else is healed. */
const lastDrainMs = 60_000;

/** Notes all faults of a scenario down. What is returned ends those that go on, and makes everybody whole again. */
export const noteFaults = (ground: Ground): (() => void) => {
  const { agenda, scenario } = ground;
  const active = new Set<() => void>();

  const last = (fault: Fault, forMs: number, hosts: readonly string[], undo: () => void): void => {
    const end = (): void => {
      if (!active.delete(end)) return;
      undo();
      tell(ground, fault, 'ends', hosts);
    };
    active.add(end);
    agenda.note(agenda.nowMs + forMs, end);
  };

  const begin = (fault: Fault): void => {
    if (ground.isHealed) return;
    const strike = prepare(ground, fault);
    if (strike === undefined) return;
    ground.counts.faults += 1;
    tell(ground, fault, 'begins', strike.hosts);
    const spans = strike.act();
    for (const { afterMs, forMs, enter } of spans) {
      agenda.note(agenda.nowMs + afterMs, () => {
        if (!ground.isHealed) last(fault, forMs, strike.hosts, enter());
      });
    }
  };

  for (const fault of scenario.faults) agenda.note(fault.atMs, () => begin(fault));
  return () => {
    for (const end of [...active]) end();
    for (const machine of [...ground.machines]) heal(ground, machine);
  };
};

const tell = (ground: Ground, fault: Fault, edge: 'begins' | 'ends', hosts: readonly string[]): void => {
  for (const { onFault } of ground.watchers.all) onFault?.(fault, edge, hosts);
};

const heal = (ground: Ground, machine: Machine): void => {
  checkFiles(ground, machine);
  // Hosts may know of each other only through one that is gone: an operator tells them.
  const others = ground.machines.filter((other) => other !== machine && !other.isGone && !other.isClone);
  for (const { index } of others) machine.disk.peers.add(index);
  machine.process?.dialler.learn(machine.disk.peers);
  machine.hasJoined = true;
  reviveMachine(ground, machine);
  const { process } = machine;
  if (!machine.isGone || process === undefined) return;
  ground.agenda.note(ground.agenda.nowMs + lastDrainMs, () => endProcess(ground, process, 'crash'));
};

/** Something that lasts: entering it gives the way out of it. */
interface Stretch {
  readonly afterMs: number;
  readonly forMs: number;
  readonly enter: () => () => void;
}

/** A fault with the hosts that it strikes. */
interface Strike {
  readonly hosts: readonly string[];
  readonly act: () => readonly Stretch[];
}

/** Undefined: the hosts that it is about do not exist, or it would end all hope. */
const prepare = (ground: Ground, fault: Fault): Strike | undefined => {
  switch (fault.kind) {
    case 'slowLink':
    case 'cut':
    case 'severed':
    case 'partition':
    case 'reset':
    case 'swizzle':
      return prepareLinks(ground, fault);
    default: {
      const machine = findMachine(ground, fault.host);
      if (machine?.hasJoined !== true) return undefined;
      return prepareMachine(ground, machine, fault);
    }
  }
};

const prepareMachine = (
  ground: Ground,
  machine: Machine,
  fault: Exclude<Fault, LinkFault>,
): Strike | undefined => {
  const hosts = [machine.name];
  const once = (act: () => void): Strike => ({
    hosts,
    act: () => {
      act();
      return [];
    },
  });
  switch (fault.kind) {
    case 'bitFlip':
    case 'wallJump':
    case 'unwanted':
      return once(() => trouble(machine, fault));
    case 'badFiles':
      return once(() => spoilFiles(ground, machine, fault));
    case 'die':
      return isLastHope(ground, machine) ? undefined : once(() => dieForGood(ground, machine, fault.how));
    case 'leave': {
      const { forMs } = fault;
      if (forMs !== undefined) return lastOn(ground, machine, { ...fault, forMs });
      if (isLastHope(ground, machine)) return undefined;
      return once(() => {
        machine.isGone = true;
        tellToEnd(ground, machine, fault);
      });
    }
    default:
      return lastOn(ground, machine, fault);
  }
};

const lastOn = (ground: Ground, machine: Machine, fault: Parameters<typeof beginTrouble>[2]): Strike => ({
  hosts: [machine.name],
  act: () => [{ afterMs: 0, forMs: fault.forMs, enter: () => beginTrouble(ground, machine, fault) }],
});

const prepareLinks = (ground: Ground, fault: LinkFault): Strike | undefined => {
  const span = (forMs: number, pairs: readonly Pair[]): readonly Stretch[] => [
    { afterMs: 0, forMs, enter: () => block(ground, pairs) },
  ];
  switch (fault.kind) {
    case 'cut': {
      const [from, to] = findMachines(ground, [fault.from, fault.to]);
      if (from === undefined || to === undefined) return undefined;
      return { hosts: [from.name, to.name], act: () => span(fault.forMs, [[from, to]]) };
    }
    case 'severed': {
      const [a, b] = findMachines(ground, [fault.a, fault.b]);
      if (a === undefined || b === undefined) return undefined;
      return { hosts: [a.name, b.name], act: () => span(fault.forMs, bothWays([a], [b])) };
    }
    case 'partition': {
      const side = findMachines(ground, fault.side);
      const rest = ground.machines.filter((machine) => !side.includes(machine));
      if (side.length === 0 || rest.length === 0) return undefined;
      return { hosts: side.map(({ name }) => name), act: () => span(fault.forMs, bothWays(side, rest)) };
    }
    case 'slowLink': {
      const [a, b] = findMachines(ground, [fault.a, fault.b]);
      if (a === undefined || b === undefined) return undefined;
      const enter = (): (() => void) => slowDown(ground, bothWays([a], [b]), fault);
      return { hosts: [a.name, b.name], act: () => [{ afterMs: 0, forMs: fault.forMs, enter }] };
    }
    case 'reset': {
      const [a, b] = findMachines(ground, [fault.a, fault.b]).map(({ process }) => process);
      if (a === undefined || b === undefined) return undefined;
      const act = (): readonly Stretch[] => {
        ground.network.reset(a.station, b.station, fault.blind);
        return [];
      };
      return { hosts: [a.machine.name, b.machine.name], act };
    }
    case 'swizzle': {
      const clogs = fault.clogs.flatMap(({ host, afterMs, forMs }) => {
        const [machine] = findMachines(ground, [host]);
        if (machine === undefined) return [];
        const others = ground.machines.filter((other) => other !== machine);
        const pairs = others.map((other): Pair => [other, machine]);
        return [{ afterMs, forMs, enter: () => block(ground, pairs) }];
      });
      return { hosts: fault.clogs.map(({ host }) => host), act: () => clogs };
    }
  }
};

/** From, to. */
type Pair = readonly [Machine, Machine];

const bothWays = (some: readonly Machine[], others: readonly Machine[]): readonly Pair[] =>
  some.flatMap((a) =>
    others.flatMap((b): readonly Pair[] => [
      [a, b],
      [b, a],
    ]),
  );

const block = ({ network }: Ground, pairs: readonly Pair[]): (() => void) => {
  for (const [from, to] of pairs) network.links.block(from.index, to.index);
  return () => {
    for (const [from, to] of pairs) network.links.unblock(from.index, to.index);
  };
};

const slowDown = (
  { network }: Ground,
  pairs: readonly Pair[],
  { delayMs, bytesPerMs }: Extract<Fault, { readonly kind: 'slowLink' }>,
): (() => void) => {
  const slowness = { delayMs, bytesPerMs };
  const links = pairs.map(([from, to]) => network.links.find(from.index, to.index));
  for (const { slow } of links) slow.push(slowness);
  return () => {
    for (const { slow } of links) slow.splice(slow.indexOf(slowness), 1);
  };
};

const findMachines = (ground: Ground, names: readonly string[]): readonly Machine[] =>
  names.flatMap((name) => findMachine(ground, name) ?? []);

/** By name, or by who leads under the highest ballot now. */
const findMachine = ({ machines, core }: Ground, name: string): Machine | undefined => {
  if (name !== leaderName) return machines.find((machine) => machine.name === name);
  let leader: { readonly machine: Machine; readonly n: number } | undefined;
  for (const machine of machines) {
    const n = machine.isUp && machine.state !== undefined ? core.findLead(machine.state) : undefined;
    if (n !== undefined && (leader === undefined || n > leader.n)) leader = { machine, n };
  }
  return leader?.machine;
};

/** Without it some plan could not come to its end: somebody must lead, and somebody must build. */
const isLastHope = ({ machines, scenario }: Ground, machine: Machine): boolean => {
  const others = machines.filter(
    (each) => each !== machine && !each.isGone && !each.isForeign && !each.isClone,
  );
  if (others.every(({ spec }) => spec.eligibility === 'never')) return true;
  return scenario.plans.some(
    ({ platform }) => platform !== undefined && others.every(({ spec }) => spec.platform !== platform),
  );
};
