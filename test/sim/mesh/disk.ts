import type { Entry } from '../../../src/core/facts/fact.ts';
import { isFact } from '../../../src/core/facts/fact.ts';
import type { HostId, PlanId, TaskName } from '../../../src/core/ids.ts';
import { compareText, lifeKey, parseToken } from '../../../src/core/ids.ts';
import type { Plan } from '../../../src/core/plan.ts';
import type { StoredFile } from './trace.ts';

/** A plan as a machine has stored it. */
interface StoredPlan {
  readonly plan: Plan;
  /** What its agent last said of it; undefined: it lives. */
  ending: 'complete' | 'stopped' | undefined;
}

/** One entry on a disk. */
interface Row {
  readonly entry: Entry;
  /** The life that wrote it; its own entries are apart from the others'. */
  readonly segment: string;
  /** A bit of it has flipped. */
  isBad: boolean;
}

/** What a machine has on its disk: all that an agent finds there when it starts. */
export interface Disk {
  readonly host: HostId;
  /** Of the life that started last. */
  incarnation: number;
  readonly plans: Map<PlanId, StoredPlan>;
  /** By plan, then by life and number. */
  readonly rows: Map<PlanId, Map<string, Row>>;
  /** Entries that would not outlive a loss of power, oldest first. */
  pending: Entry[];
  /** By plan and task. */
  readonly files: Map<PlanId, Map<TaskName, StoredFile>>;
  /** Addresses of other machines. */
  readonly peers: Set<number>;
}

export const createDisk = (host: HostId): Disk => ({
  host,
  incarnation: 0,
  plans: new Map(),
  rows: new Map(),
  pending: [],
  files: new Map(),
  peers: new Set(),
});

/** A second disk with the same on it. */
export const copyDisk = (disk: Disk): Disk => ({
  host: disk.host,
  incarnation: disk.incarnation,
  plans: new Map([...disk.plans].map(([id, stored]) => [id, { ...stored }])),
  rows: new Map(
    [...disk.rows].map(([id, rows]) => [id, new Map([...rows].map(([key, row]) => [key, { ...row }]))]),
  ),
  files: new Map([...disk.files].map(([id, files]) => [id, new Map(files)])),
  pending: [...disk.pending],
  peers: new Set(disk.peers),
});

/** Writes entries down, to stay whatever happens. `segment`: who wrote them. */
export const addRows = (disk: Disk, entries: readonly Entry[], segment: string): void => {
  for (const entry of entries) {
    const rows = findOrAdd(disk.rows, entry.planId, () => new Map<string, Row>());
    const key = keyOf(entry);
    if (!rows.has(key)) rows.set(key, { entry, segment, isBad: false });
  }
};

/** What was to be written down sooner or later is written now: the first `share` of it, the rest is gone. */
export const flushPending = (disk: Disk, segment: string, share = 1): void => {
  const { pending } = disk;
  disk.pending = [];
  addRows(disk, pending.slice(0, Math.floor(pending.length * share)), segment);
};

/** A bit flips in one of the entries that others made, if there is one. */
export const flipRow = (disk: Disk, share: number): void => {
  const kept = listRows(disk).filter(({ segment }) => segment.startsWith('kept'));
  const row = kept[Math.floor(kept.length * share)];
  if (row !== undefined) row.isBad = true;
};

/** As an agent starts: a bad entry and all that the same life wrote after it are dropped. */
export const dropBadRows = (disk: Disk): void => {
  const bad = new Set<string>();
  for (const rows of disk.rows.values()) {
    for (const [key, row] of rows) {
      if (row.isBad) bad.add(row.segment);
      if (bad.has(row.segment)) rows.delete(key);
    }
  }
};

/** The entries of a plan, by life, each one's by number. */
export const listEntries = (disk: Disk, planId: PlanId): readonly Entry[] =>
  [...(disk.rows.get(planId)?.values() ?? [])]
    .map(({ entry }) => ({ entry, key: lifeKey(entry.origin) }))
    .sort((a, b) => compareText(a.key, b.key) || a.entry.seq - b.entry.seq)
    .map(({ entry }) => entry);

/** The tasks of a plan whose file lies here, as far as the entries tell what it is. */
export const listFiles = (disk: Disk, planId: PlanId, entries: readonly Entry[]): readonly TaskName[] => {
  const files = disk.files.get(planId);
  if (files === undefined) return [];
  const known = new Set<TaskName>();
  for (const entry of entries) {
    if (!isFact(entry) || entry.outcome.kind !== 'built') continue;
    if (files.get(entry.task)?.digest === entry.outcome.digest) known.add(entry.task);
  }
  return [...known];
};

export const filesOf = (disk: Disk, planId: PlanId): Map<TaskName, StoredFile> =>
  findOrAdd(disk.files, planId, () => new Map<TaskName, StoredFile>());

/** The highest number of a ballot that the tokens of stored entries tell of. */
export const findBallotN = (disk: Disk): number =>
  listRows(disk).reduce((most, { entry }) => Math.max(most, parseToken(entry.token)?.n ?? 0), 0);

const keyOf = ({ origin, seq }: Entry): string => `${lifeKey(origin)} ${seq}`;

const listRows = (disk: Disk): readonly Row[] =>
  [...disk.rows.values()].flatMap((rows) => [...rows.values()]);

const findOrAdd = <Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value => {
  const found = map.get(key);
  if (found !== undefined) return found;
  const created = create();
  map.set(key, created);
  return created;
};
