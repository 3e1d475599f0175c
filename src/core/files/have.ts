import { itemAt } from '../assert.ts';
import type { Fact } from '../facts/fact.ts';
import type { HostId, TaskName } from '../ids.ts';
import { isSameLife } from '../ids.ts';
import { findPeer, isReachable } from '../membership/peers.ts';
import type { HaveNews } from '../message.ts';
import type { AgentState, PlanState, Step } from '../state.ts';
import { findPlan, lifeOf } from '../state.ts';
import { addBit, createBits, hasBit, listBits, removeBit } from './bits.ts';
import type { Claim, PlanFiles } from './files.ts';
import { addMine } from './files.ts';

/** A plan has come, and these of its files are on this host already. */
export const noteStored = (plan: PlanState, names: readonly TaskName[]): void => {
  if (!plan.usesFiles) return;
  for (const name of names) {
    const task = plan.progress.table.indexOf.get(name);
    if (task !== undefined) addMine(plan.files, task);
  }
};

/** The task's file is here: a run of this host has built it, or it has come, whether this agent had asked for it or not. */
export const noteHere = (plan: PlanState, task: number): void => {
  if (!plan.usesFiles) return;
  addMine(plan.files, task);
  becomeHeld(plan, task);
};

/**
 * It has become known that a task was built: which file is the right one, and that the host that built it has it, as long as it
 * lives on and has not said otherwise. What an earlier life built, the later one tells itself.
 */
export const noteFact = ({ state }: Step, plan: PlanState, { task: name, origin, outcome }: Fact): void => {
  const task = plan.progress.table.indexOf.get(name);
  if (!plan.usesFiles || outcome.kind !== 'built' || task === undefined) return;
  const { files } = plan;
  const known = files.digests.get(task) ?? [];
  if (!known.includes(outcome.digest)) files.digests.set(task, [...known, outcome.digest]);
  if (addBit(files.built, task)) files.revision += 1;
  if (isSameLife(origin, lifeOf(state))) addBit(files.made, task);
  const peer = findPeer(state, origin.host);
  if (peer === undefined || !isSameLife(peer.hello.life, origin)) return;
  const claim = claimOf(plan, origin.host);
  if (!hasBit(claim.lacks, task)) addClaim(state, plan, origin.host, task);
};

/** A host tells which files it has. News of plans and tasks that are not known here are left out. */
export const hearHave = ({ state }: Step, host: HostId, news: readonly HaveNews[]): void => {
  for (const { planId, isWhole, added, removed } of news) {
    const plan = findPlan(state, planId);
    if (plan === undefined || !plan.usesFiles) continue;
    const { indexOf } = plan.progress.table;
    if (isWhole) dropClaims(plan, host);
    const claim = claimOf(plan, host);
    for (const name of removed) {
      const task = indexOf.get(name);
      if (task === undefined) continue;
      addBit(claim.lacks, task);
      removeClaim(plan, host, task);
    }
    for (const name of added) {
      const task = indexOf.get(name);
      if (task === undefined) continue;
      removeBit(claim.lacks, task);
      addClaim(state, plan, host, task);
    }
  }
};

/** A new life of that host has begun, or it has left: it has what it says from now on. */
export const forgetHolder = (state: AgentState, host: HostId): void => {
  state.fetching.blames.delete(host);
  for (const plan of state.plans) dropClaims(plan, host);
};

/** That host has no such file, whatever it said. */
export const removeClaim = ({ files }: PlanState, host: HostId, task: number): void => {
  const claim = files.claims.get(host);
  if (claim !== undefined && removeBit(claim.has, task)) files.revision += 1;
};

const addClaim = (state: AgentState, plan: PlanState, host: HostId, task: number): void => {
  if (addBit(claimOf(plan, host).has, task)) plan.files.revision += 1;
  if (isReachable(state, host)) becomeHeld(plan, task);
};

const dropClaims = ({ files }: PlanState, host: HostId): void => {
  if (files.claims.delete(host)) files.revision += 1;
};

const claimOf = ({ files }: PlanState, host: HostId): Claim => {
  const known = files.claims.get(host);
  if (known !== undefined) return known;
  const claim: Claim = { has: createBits(), lacks: createBits() };
  files.claims.set(host, claim);
  return claim;
};

/** A live host has the file: it is not to be built again. */
const becomeHeld = (plan: PlanState, task: number): void => {
  plan.files.unheld.delete(task);
  plan.lost.delete(task);
  // Tasks that wait for this file could be granted now.
  if (plan.files.survey.absent.delete(task)) plan.isDirty = true;
};

/**
 * Names in one heartbeat: some six hundred kilobytes, once for each connection. What a list in two parts leaves out for a second
 * looks lost for that long.
 */
const namesMax = 25_000;

/**
 * What a heartbeat to that host carries: which files came and went since the last one; all of them, in parts, when it has been
 * told nothing yet. Taken once, it is taken to be told. Nothing of plans that it has not got.
 */
export const takeNews = (state: AgentState, host: HostId): readonly HaveNews[] => {
  const peer = findPeer(state, host);
  let room = namesMax;
  const all: HaveNews[] = [];
  for (const plan of state.plans) {
    if (!plan.usesFiles) continue;
    if (peer?.plans.has(plan.planId) !== true) {
      plan.files.news.readers.delete(host);
      continue;
    }
    const news = room > 0 ? tellNews(plan, host, room) : undefined;
    if (news === undefined) continue;
    room -= news.added.length + news.removed.length;
    all.push(news);
  }
  return all;
};

/** A connection to that host has come up: what it was told before may never have come. */
export const restartNews = (state: AgentState, host: HostId): void => {
  for (const { files } of state.plans) files.news.readers.delete(host);
};

const tellNews = (
  { planId, progress, files }: PlanState,
  host: HostId,
  room: number,
): HaveNews | undefined => {
  const { log, readers } = files.news;
  const known = readers.get(host);
  const reader = known ?? { at: log.length, restFrom: 0 };
  if (known === undefined) readers.set(host, reader);
  const told = new Set<number>();
  if (reader.restFrom !== undefined) reader.restFrom = tellRest(files, reader.restFrom, room, told);
  while (reader.restFrom === undefined && reader.at < log.length && told.size < room) {
    told.add(itemAt(log, reader.at));
    reader.at += 1;
  }
  if (known !== undefined && told.size === 0) return undefined;
  const added: TaskName[] = [];
  const removed: TaskName[] = [];
  for (const task of told) {
    (hasBit(files.mine, task) ? added : removed).push(itemAt(progress.table.tasks, task).name);
  }
  return { planId, isWhole: known === undefined, added, removed };
};

/** Takes from what there is to tell, task by task from `first` on; returns where to go on, undefined when that was all. */
const tellRest = (
  { mine, made }: PlanFiles,
  first: number,
  room: number,
  told: Set<number>,
): number | undefined => {
  const words = new Uint32Array(Math.max(mine.words.length, made.words.length));
  words.set(mine.words);
  made.words.forEach((word, place) => {
    words[place] = (words[place] ?? 0) | word;
  });
  for (const task of listBits({ words }, first)) {
    if (told.size >= room) return task;
    told.add(task);
  }
  return undefined;
};
