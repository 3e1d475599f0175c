import type { HostId, Life, PlanId, TaskName } from '../../../../src/core/ids.ts';
import { lifeKey } from '../../../../src/core/ids.ts';
import type { Place, WorldView } from '../trace.ts';
import type { EventGroup, EventNote, PlanNote, TaskNote } from './recording.ts';

/** What the parts of a recorder share: the clock, who is who, and the list of events. */
export interface Book {
  begin(world: WorldView): void;
  now(): number;
  world(): WorldView | undefined;
  /** The row of a place; of one that is not known yet, a new one. */
  hostOf(place: Place): number;
  /** By a place's name. */
  hostNamed(name: string): number | undefined;
  /** The row where a life is lived; undefined: never heard of. */
  hostOfLife(life: Life): number | undefined;
  /** The row of a host's agents, copies aside. */
  hostOfId(id: HostId): number | undefined;
  bindLife(life: Life, host: number): void;
  /** `h2`, or `h2#3` from the second life on. */
  nameLife(life: Life): string;
  taskOf(planId: PlanId, task: TaskName): number;
  note(group: EventGroup, host: number | undefined, text: string): void;
  /** As `note`; but what several hosts say within moments is one line, with their names at its end, after a colon or `by`. */
  noteTogether(group: EventGroup, about: number | undefined, text: string, by: number): void;
  readonly hosts: readonly Place[];
  listTasks(): { readonly plans: readonly PlanNote[]; readonly tasks: readonly TaskNote[] };
  listEvents(): readonly EventNote[];
}

interface Line {
  readonly atMs: number;
  readonly group: EventGroup;
  readonly host: number | undefined;
  readonly text: string;
  readonly by: number[];
}

/** What is said within this time of the first one is said together. */
const TOGETHER_MS = 5_000;

export function openBook(): Book {
  let world: WorldView | undefined;
  const hosts: Place[] = [];
  const lives = new Map<string, number>();
  const ids = new Map<HostId, number>();
  const tasks = new Map<
    string,
    { readonly planId: PlanId; readonly task: TaskName; readonly index: number }
  >();
  const lines: Line[] = [];
  const latest = new Map<string, Line>();
  const now = (): number => world?.nowMs ?? 0;
  const hostOf = (place: Place): number => {
    const known = hosts.indexOf(place);
    return known >= 0 ? known : hosts.push(place) - 1;
  };
  const taskOf = (planId: PlanId, task: TaskName): number => {
    const key = `${planId} ${task}`;
    const index = tasks.get(key)?.index ?? tasks.size;
    tasks.set(key, { planId, task, index });
    return index;
  };
  const add = (group: EventGroup, host: number | undefined, text: string, by: readonly number[]): Line => {
    const line = { atMs: now(), group, host, text, by: [...by] };
    lines.push(line);
    return line;
  };
  return {
    hosts,
    now,
    hostOf,
    taskOf,
    world: () => world,
    begin: (given) => {
      world = given;
    },
    hostNamed: (name) => {
      const host = hosts.findIndex((place) => place.name === name);
      return host < 0 ? undefined : host;
    },
    hostOfLife: (life) => lives.get(lifeKey(life)),
    hostOfId: (id) => ids.get(id),
    bindLife: (life, host) => {
      lives.set(lifeKey(life), host);
      if (hosts[host]?.isClone !== true) ids.set(life.host, host);
    },
    nameLife: (life) => {
      const name = hosts[lives.get(lifeKey(life)) ?? -1]?.name ?? life.host;
      return life.incarnation === 1 ? name : `${name}#${life.incarnation}`;
    },
    note: (group, host, text) => void add(group, host, text, []),
    noteTogether: (group, about, text, by) => {
      const key = `${group} ${about} ${text}`;
      const line = latest.get(key);
      if (line !== undefined && now() - line.atMs <= TOGETHER_MS) {
        if (!line.by.includes(by)) line.by.push(by);
      } else latest.set(key, add(group, about, text, [by]));
    },
    listTasks: () => listTasks(world, tasks, taskOf),
    listEvents: () => lines.map((line) => tellLine(line, hosts)),
  };
}

const tellLine = ({ atMs, group, host, text, by }: Line, hosts: readonly Place[]): EventNote => {
  const names = by.filter((each) => each !== host).map((each) => hosts[each]?.name ?? '?');
  const list = names.length > 8 ? `${names.length} hosts` : names.join(', ');
  const link = text.endsWith(':') ? ' ' : ' by ';
  return { atMs, group, host, text: list === '' ? text : `${text}${link}${list}` };
};

/** Tasks that never ran are of the plans too. */
function listTasks(
  world: WorldView | undefined,
  known: ReadonlyMap<string, { readonly planId: PlanId; readonly task: TaskName; readonly index: number }>,
  taskOf: Book['taskOf'],
): ReturnType<Book['listTasks']> {
  const planIds = new Map<PlanId, number>();
  const details = new Map<number, { readonly needs: readonly number[]; readonly estimateMs: number }>();
  for (const [planId, plan] of world?.plans ?? []) {
    planIds.set(planId, planIds.size);
    for (const task of plan.tasks) {
      const needs = task.needs.map((need) => taskOf(planId, need));
      details.set(taskOf(planId, task.name), { needs, estimateMs: task.estimateMs });
    }
  }
  const plans = [...planIds].map(([planId]): PlanNote => {
    const plan = world?.plans.get(planId);
    const platform = plan?.platform === undefined ? '' : `, ${plan.platform} only`;
    return { name: plan?.build ?? planId, detail: `${plan?.tasks.length ?? 0} tasks${platform}` };
  });
  const tasks = [...known.values()].map(({ planId, task, index }): TaskNote => {
    // Tasks that a result added are in no plan.
    const { needs, estimateMs } = details.get(index) ?? { needs: [], estimateMs: 0 };
    return { name: task, plan: planIds.get(planId) ?? 0, needs, estimateMs };
  });
  return { plans, tasks };
}
