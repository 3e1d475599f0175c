import { availableParallelism } from 'node:os';
import { openCrew } from './noop/crew.ts';
import { measureForks, measureXargs } from './noop/limit.ts';
import type { AgentFigures } from './noop/words.ts';

export const description = 'packages that only run `true`, through 1 to 16 slots on 1 and 4 agents';

/**
 * `args[0]` packages (2,000) for each count of agents and slots of all of them together (`args[1]` on: 1x4 is four
 * slots of one agent). Every agent is a process with the real loop, store, core and connections in TLS on
 * 127.0.0.1; its slots start `true` and wait for it, and there are no sandboxes, no pkgsrc and no files. Each
 * agent is given the plan; time is from the moment the coordinator has it until it knows the last end.
 */
export async function run([packages = '2000', ...wanted]: readonly string[]): Promise<
  Record<string, unknown>
> {
  const count = Number(packages);
  if (!Number.isInteger(count) || count < 1) throw new Error(`how many packages? not ${packages}`);
  console.log(head);
  const rows = [];
  for (const { agents, slots } of wanted.length > 0 ? wanted.map(parseCase) : usualCases()) {
    const row = await measureCase(agents, slots, count);
    rows.push(row);
    console.log(describeRow(row));
  }
  const detail = rows.find(({ agents, slots }) => agents === 4 && slots === 8);
  if (detail !== undefined) console.log(describeCost(detail));
  return { cores: availableParallelism(), packages: count, rows };
}

/** On a like machine, packages a second by slots: as it is, and with its stall of 40 ms per message removed (one client, 64). */
const classic = { asIs: { 1: 10.6, 2: 22, 4: 44, 8: 86, 16: 171 }, unstalled: [560, 2_400] };

const head = `agents slots  packages/s  classic  forks/s of as many processes  xargs  CPU ms a package: coordinator, another  loop p99 ms
(classic: its master and clients; 560 to 2,400 where its stall of 40 ms a message is removed)`;

interface Row {
  readonly agents: number;
  /** Of all agents together. */
  readonly slots: number;
  readonly perSecond: number;
  readonly classicPerSecond: number | undefined;
  readonly forksPerSecond: number;
  readonly xargsPerSecond: number;
  /** For each package of the plan. */
  readonly coordinatorCpuMs: number;
  readonly otherCpuMs: number | undefined;
  readonly coordinatorRan: number;
  readonly loopDelayP99Ms: number;
  readonly messages: number;
  readonly bytes: number;
  readonly sentByKind: Readonly<Record<string, number>>;
}

interface Case {
  readonly agents: number;
  readonly slots: number;
}

/** A host has one slot at least. */
const usualCases = (): readonly Case[] => [
  ...[1, 2, 4, 8, 16].map((slots) => ({ agents: 1, slots })),
  ...[4, 8, 16].map((slots) => ({ agents: 4, slots })),
];

const parseCase = (text: string): Case => {
  const [agents = 0, slots = 0] = text.split('x').map(Number);
  const isGood = [agents, slots, slots / agents].every((count) => Number.isInteger(count) && count > 0);
  if (!isGood) throw new Error(`agents x slots, as many slots for each agent: not ${text}`);
  return { agents, slots };
};

const measureCase = async (agents: number, slots: number, packages: number): Promise<Row> => {
  const forksPerSecond = await measureForks(agents, slots, packages);
  const xargsPerSecond = await measureXargs(slots, packages);
  const crew = await openCrew();
  try {
    const options = { slots: slots / agents, task: { kind: 'spawn' }, isPreferred: true } as const;
    const members = await crew.startAll(agents, options);
    const [coordinator] = members;
    if (coordinator === undefined) throw new Error('there is no agent');
    const file = await crew.layPlan(`noop-${agents}-${slots}`, packages, 1_000);
    for (const member of members) member.order({ kind: 'reset' });
    const planned = coordinator.next('planned');
    const ended = coordinator.next('ended');
    for (const member of members) member.order({ kind: 'plan', file });
    const startMs = (await planned).atMs;
    const seconds = ((await ended).atMs - startMs) / 1_000;
    const [figures, ...others] = await Promise.all(members.map((member) => member.measure()));
    if (figures === undefined) throw new Error('the coordinator says nothing');
    return {
      ...{ agents, slots, perSecond: packages / seconds, forksPerSecond, xargsPerSecond },
      classicPerSecond: Object.entries(classic.asIs).find(([known]) => Number(known) === slots)?.[1],
      ...sumCosts(figures, others, packages),
    };
  } finally {
    await crew.remove();
  }
};

const sumCosts = (coordinator: AgentFigures, others: readonly AgentFigures[], packages: number) => {
  const all = [coordinator, ...others];
  const sum = (of: (figures: AgentFigures) => number): number =>
    all.reduce((total, figures) => total + of(figures), 0);
  const kinds = [...new Set(all.flatMap(({ sentByKind }) => Object.keys(sentByKind)))].sort();
  return {
    coordinatorCpuMs: coordinator.cpuMs / packages,
    otherCpuMs: others[0] && others[0].cpuMs / packages,
    coordinatorRan: coordinator.ran,
    loopDelayP99Ms: Math.max(...all.map(({ loopDelayP99Ms }) => loopDelayP99Ms)),
    messages: sum(({ messagesSent }) => messagesSent) / packages,
    bytes: sum(({ bytesSent }) => bytesSent) / packages,
    sentByKind: Object.fromEntries(
      kinds.map((kind) => [kind, sum(({ sentByKind }) => sentByKind[kind] ?? 0) / packages]),
    ),
  };
};

const describeRow = (row: Row): string => {
  const { agents, slots, perSecond, classicPerSecond, forksPerSecond, xargsPerSecond } = row;
  const { coordinatorCpuMs, otherCpuMs, loopDelayP99Ms } = row;
  const cpu = [coordinatorCpuMs, otherCpuMs].map((ms) => ms?.toFixed(2) ?? '-').join(', ');
  return [
    ...[String(agents).padStart(6), String(slots).padStart(5), perSecond.toFixed(0).padStart(11)],
    ...[String(classicPerSecond ?? '-').padStart(8), forksPerSecond.toFixed(0).padStart(29)],
    ...[xargsPerSecond.toFixed(0).padStart(6), cpu.padStart(43), loopDelayP99Ms.toFixed(1).padStart(12)],
  ].join(' ');
};

const describeCost = ({ agents, slots, messages, bytes, sentByKind }: Row): string => {
  const kinds = Object.entries(sentByKind)
    .filter(([, count]) => count >= 0.005)
    .map(([kind, count]) => `${kind} ${count.toFixed(2)}`);
  return `${agents} agents, ${slots} slots, a package: ${messages.toFixed(2)} messages (${kinds.join(', ')}), ${bytes.toFixed(0)} bytes`;
};
