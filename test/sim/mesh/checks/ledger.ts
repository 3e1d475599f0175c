import type { Entry } from '../../../../src/core/facts/fact.ts';
import type { Life, PlanId, TaskName } from '../../../../src/core/ids.ts';
import { lifeKey } from '../../../../src/core/ids.ts';
import type { Task } from '../../../../src/core/plan.ts';
import type { Observer, WorldView } from '../trace.ts';

/** What has truly happened, as nobody in the mesh knows it: the truth that checks compare agents with. */
export interface Ledger {
  readonly observer: Observer;
  /** All entries of a life in a plan that have ever been durable where they were made, by number from 1. */
  readonly entriesOf: (planId: PlanId, origin: Life) => readonly Entry[];
  /** All that have ever been durable where they were made. */
  readonly allEntries: (planId: PlanId) => readonly Entry[];
  /** The digests that a task has been built with so far; undefined: it has not. */
  readonly digestsOf: (planId: PlanId, task: TaskName) => ReadonlySet<string> | undefined;
  /** A task of the plan, or one that a result has added to it. */
  readonly findTask: (planId: PlanId, task: TaskName) => Task | undefined;
  /** Everything that a task needs, directly or not. */
  readonly closureOf: (planId: PlanId, task: TaskName) => readonly TaskName[];
}

/** The truth about one plan. */
interface Book {
  readonly tasks: Map<TaskName, Task>;
  readonly origins: Map<string, Entry[]>;
  readonly entries: Entry[];
  readonly digests: Map<TaskName, Set<string>>;
  readonly closures: Map<TaskName, readonly TaskName[]>;
}

export const createLedger = (): Ledger => {
  let world: WorldView | undefined;
  const books = new Map<PlanId, Book>();

  const bookOf = (planId: PlanId): Book => {
    const known = books.get(planId);
    if (known !== undefined) return known;
    const tasks = new Map((world?.plans.get(planId)?.tasks ?? []).map((task) => [task.name, task]));
    const book: Book = { tasks, origins: new Map(), entries: [], digests: new Map(), closures: new Map() };
    books.set(planId, book);
    return book;
  };

  const record = (entry: Entry): void => {
    const book = bookOf(entry.planId);
    const list = computeIfAbsent(book.origins, lifeKey(entry.origin), () => []);
    // Stored twice, by a shell that was not sure: the same is no news.
    if (list[entry.seq - 1] !== undefined) return;
    list.push(entry);
    book.entries.push(entry);
    if (entry.outcome.kind !== 'built') return;
    computeIfAbsent(book.digests, entry.task, () => new Set()).add(entry.outcome.digest);
    for (const task of entry.outcome.adds ?? []) {
      if (!book.tasks.has(task.name)) book.tasks.set(task.name, task);
    }
  };

  const closureOf = (planId: PlanId, task: TaskName): readonly TaskName[] => {
    const { closures, tasks } = bookOf(planId);
    const known = closures.get(task);
    if (known !== undefined) return known;
    const found = new Set<TaskName>();
    const look = (name: TaskName): void => {
      for (const need of tasks.get(name)?.needs ?? []) {
        if (found.has(need)) continue;
        found.add(need);
        look(need);
      }
    };
    look(task);
    const closure = [...found];
    closures.set(task, closure);
    return closure;
  };

  return {
    observer: {
      onStart: (given) => {
        world = given;
      },
      onEffect: (_, effect) => {
        if (effect.kind === 'persist') effect.entries.forEach(record);
      },
    },
    entriesOf: (planId, origin) => books.get(planId)?.origins.get(lifeKey(origin)) ?? [],
    allEntries: (planId) => books.get(planId)?.entries ?? [],
    digestsOf: (planId, task) => books.get(planId)?.digests.get(task),
    findTask: (planId, task) => bookOf(planId).tasks.get(task),
    closureOf,
  };
};

const computeIfAbsent = <Key, Value>(map: Map<Key, Value>, key: Key, compute: () => Value): Value => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = compute();
  map.set(key, value);
  return value;
};
