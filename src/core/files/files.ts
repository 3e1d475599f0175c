import type { HostId } from '../ids.ts';
import type { Bits } from './bits.ts';
import { addBit, createBits, removeBit } from './bits.ts';

/**
 * Which hosts have the files of one plan's tasks, as far as this agent knows. A fact says that a task has been built and stays
 * true for ever; a file is on some disks and can go. Tasks are named by their number in the plan's table.
 */
export interface PlanFiles {
  /** Tasks that have been built, somewhere, once. */
  readonly built: Bits;
  readonly mine: Bits;
  /** Tasks that this agent built in this life. */
  readonly made: Bits;
  /** What the other hosts have, as they said, each in its latest life. */
  readonly claims: Map<HostId, Claim>;
  /** Of what has been built: the digests of all its files, any of which is right. */
  readonly digests: Map<number, readonly string[]>;
  /** Files that came to this host or went, in this order; which of them each other host has been told. */
  readonly news: { readonly log: number[]; readonly readers: Map<HostId, Reader> };
  /** Counts the files that came to this host, and those that went. */
  gains: number;
  losses: number;
  /** Counts all changes of who has what. */
  revision: number;
  /** Of tasks that wait for files here: which ones are not here. */
  readonly wants: Map<number, Want>;
  /** Files on their way to this host, and where they come from. */
  readonly fetches: Map<number, HostId>;
  /** Files that could not be fetched. */
  readonly retries: Map<number, Retry>;
  /** Wanted files that no live host has, and since when, milliseconds. */
  readonly unheld: Map<number, number>;
  /** Files that the coordinator wants this host to have. */
  readonly copies: Set<number>;
  readonly survey: Survey;
  readonly walk: { stamps: Uint32Array; stamp: number };
}

export interface Claim {
  readonly has: Bits;
  /** What it made in this life and has no more: a fact that comes late says otherwise. */
  readonly lacks: Bits;
}

/** How far a host has been told the news. */
export interface Reader {
  /** From where on in the log it is yet to be told. */
  at: number;
  /** From which task on it is yet to be told what there is; undefined: it has been told all. */
  restFrom: number | undefined;
}

/** What was not here of all that a task needs, when `gains` and `losses` were so. */
export interface Want {
  readonly missing: readonly number[];
  readonly gains: number;
  readonly losses: number;
  /** When it was last found that all of it could be had, milliseconds; undefined: it has not been. */
  comingAtMs: number | undefined;
}

/** Something that failed and is tried again. Milliseconds. */
export interface Setback {
  readonly failures: number;
  readonly sinceMs: number;
  /** Not before. */
  readonly untilMs: number;
}

export interface Retry extends Setback {
  /** Hosts that it was asked of since the last pause. */
  readonly tried: readonly HostId[];
}

/** What the coordinator does about files that too few hosts have. */
export interface Survey {
  /** The copies that it asked for. */
  readonly orders: Map<number, CopyOrder>;
  /** Built tasks whose file is needed and that no live host has, and since when, milliseconds. */
  readonly absent: Map<number, number>;
  /** Tasks that hosts gave back for want of files: which hosts, and when, milliseconds. */
  readonly starved: Map<number, Map<HostId, number>>;
  /** There was nothing to do when the revision was so, and these were the live hosts. */
  settled: { readonly revision: number; readonly hosts: string } | undefined;
}

export interface CopyOrder {
  readonly to: HostId;
  /** When it was first asked, and last. */
  readonly sinceMs: number;
  readonly askedAtMs: number;
  /** Hosts that were asked before, in vain. */
  readonly passed: readonly HostId[];
}

/** What an agent knows of fetching, whatever the plan. */
export interface Fetching {
  /** How many corrupt files each host has given. */
  readonly blames: Map<HostId, number>;
  /** There was no room for a file. */
  full: Setback | undefined;
  /** Of the coordinator: since when it leads, and when it next looks; milliseconds. */
  leadSinceMs: number | undefined;
  surveyAtMs: number;
}

export const createFiles = (): PlanFiles => ({
  built: createBits(),
  mine: createBits(),
  made: createBits(),
  claims: new Map(),
  digests: new Map(),
  news: { log: [], readers: new Map() },
  gains: 0,
  losses: 0,
  revision: 0,
  wants: new Map(),
  fetches: new Map(),
  retries: new Map(),
  unheld: new Map(),
  copies: new Set(),
  survey: { orders: new Map(), absent: new Map(), starved: new Map(), settled: undefined },
  walk: { stamps: new Uint32Array(0), stamp: 0 },
});

export const createFetching = (): Fetching => ({
  blames: new Map(),
  full: undefined,
  leadSinceMs: undefined,
  surveyAtMs: 0,
});

/** This host has the file now. */
export const addMine = (files: PlanFiles, task: number): void => {
  files.retries.delete(task);
  files.copies.delete(task);
  files.unheld.delete(task);
  if (!addBit(files.mine, task)) return;
  files.gains += 1;
  noteChange(files, task);
};

/** This host has the file no more. */
export const removeMine = (files: PlanFiles, task: number): void => {
  if (!removeBit(files.mine, task)) return;
  files.losses += 1;
  noteChange(files, task);
};

const noteChange = (files: PlanFiles, task: number): void => {
  const { log, readers } = files.news;
  files.revision += 1;
  // Who has read nothing is told all: a log that is longer than that is of no use.
  if (log.length >= Math.max(1_024, 64 * files.mine.words.length)) {
    log.length = 0;
    readers.clear();
  }
  log.push(task);
};
