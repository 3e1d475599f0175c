import { type Alarm, consider, considerAll, createAlarm } from './alarm.ts';
import { assert, never } from './assert.ts';
import { createState } from './create.ts';
import { advanceAdmission, findAdmissionDeadline } from './dispatch/admission.ts';
import { duplicateSlow } from './dispatch/duplicate.ts';
import { giveUpHopeless } from './dispatch/giveUp.ts';
import { grantReady } from './dispatch/grant.ts';
import { retractWaiting } from './dispatch/retract.ts';
import { bookCrowding } from './dispatch/speed.ts';
import type { Effect } from './effect.ts';
import { orderEffects } from './effect.ts';
import { advanceElection, findElectionDeadline } from './election/canvass.ts';
import { openWhenCollected } from './election/lead.ts';
import { noteLeader } from './election/role.ts';
import { relieveDisk } from './eviction.ts';
import { advanceFiles, listFileDeadlines } from './files/advance.ts';
import { hearFetched, hearFileGone, hearNotFetched } from './files/fetches.ts';
import { dropUnwanted } from './files/unwanted.ts';
import { releasePaused } from './graph/progress.ts';
import type { Event, Now } from './input.ts';
import { exchangeJournals } from './journal/exchange.ts';
import type { Limits, MeshLimits } from './limits.ts';
import { defaultLimits } from './limits.ts';
import { evictHost } from './membership/evict.ts';
import { beat, hearQuietly } from './membership/heartbeat.ts';
import { findMinorityDeadline, noteMinority } from './membership/minority.ts';
import { closeSession, openSession } from './membership/sessions.ts';
import { considerSilence, guardTickGap, hearRefusal, judgeSilence } from './membership/suspicion.ts';
import { hearMessage } from './messages.ts';
import { addPlan, bookPlans, endPlans, fitPlan, resumePlan, shutDown, stopPlan } from './plans.ts';
import { giveBackQueue } from './queue/commands.ts';
import { reportHoldings } from './queue/hold.ts';
import { createRandom } from './random.ts';
import { retryTasks } from './retry.ts';
import type { Rules } from './rules.ts';
import { allRules } from './rules.ts';
import { endRun } from './runs.ts';
import { createPool } from './slot/pool.ts';
import { cleanSlots, hearSlot, listSlotDeadlines, prepareSlots, retireHanging } from './slots.ts';
import { startRuns } from './starts.ts';
import type { AgentState, Step } from './state.ts';
import { isWithdrawn, listActivePlans } from './state.ts';
import { findStealDeadline, stealWork } from './steal/thief.ts';
import { askThieves, dropSettledTransfers, listAskDeadlines } from './steal/victim.ts';
import { askForSweep, endSweep } from './sweeps.ts';
import { fetchWanted, listWantedDeadlines, missPlan } from './words.ts';

export type { AgentState } from './state.ts';
export {
  expectedRemainingMs,
  isAtRest,
  listBlocked,
  lowerBoundMs,
  slotSeconds,
  slotViews,
  snapshotPlan,
  viewWait,
} from './view.ts';

/** Bounds that are to be other than their defaults. */
export type LimitsChange = Partial<Omit<Limits, 'mesh'>> & { readonly mesh?: Partial<MeshLimits> };

/** The state of an agent that has not booted. Limits and rules that are not given have their defaults. */
export const createAgent = (limits: LimitsChange = {}, rules: Partial<Rules> = {}): AgentState =>
  createState(
    { ...defaultLimits, ...limits, mesh: { ...defaultLimits.mesh, ...limits.mesh } },
    { ...allRules, ...rules },
  );

/**
 * One step of the agent: an event in, what the world is to do about it out, in the order in which it is to be
 * done (see `Effect`). Changes `state` in place and nothing else; the same events at the same times always give
 * the same effects. Throws `AssertionFailure` when the shell breaks the rules: an event before `booted`, a clock
 * that goes back, a plan that `checkPlan` refuses.
 */
export const handle = (state: AgentState, event: Event, now: Now): readonly Effect[] => {
  assert(now.now >= state.nowMs, `the clock went back from ${state.nowMs} to ${now.now}`);
  assert(
    event.kind === 'booted' || state.life !== undefined,
    `${event.kind} came before the agent had booted`,
  );
  if (event.kind === 'message' && event.message.kind === 'heartbeat') {
    if (hearQuietly(state, event.session, event.message, now.now)) return [];
  }
  bookPlans(state, now.now);
  bookCrowding(state, now.now);
  state.nowMs = now.now;
  const step: Step = { state, now, effects: [] };
  guardTickGap(step);
  applyEvent(step, event);
  settle(step);
  return orderEffects(step.effects);
};

const applyEvent = (step: Step, event: Event): void => {
  const { state } = step;
  switch (event.kind) {
    case 'booted':
      assert(state.life === undefined, 'an agent booted twice in one life');
      boot(step, event);
      break;
    case 'planAdded':
      addPlan(step, event);
      break;
    case 'planFits':
      fitPlan(step, event.planId, event.isFit);
      break;
    case 'planNotFetched':
      missPlan(step, event.planId);
      break;
    case 'planStopped':
      stopPlan(step, event.planId, event.mode);
      break;
    case 'planResumed':
      resumePlan(step, event.planId);
      break;
    case 'tasksRetried':
      retryTasks(step, event);
      break;
    case 'sessionUp':
      openSession(step, event);
      break;
    case 'sessionDown':
      closeSession(step, event.session);
      break;
    case 'dialRefused':
      hearRefusal(step, event.host);
      break;
    case 'message':
      hearMessage(step, event.session, event.message);
      break;
    case 'fileFetched':
      hearFetched(step, event);
      break;
    case 'fileNotFetched':
      hearNotFetched(step, event);
      break;
    case 'fileGone':
      hearFileGone(step, event);
      break;
    case 'filesUnwanted':
      dropUnwanted(step, event.count);
      break;
    case 'lag':
      state.membership.lagMs = event.lagMs;
      break;
    case 'slotPrepared':
    case 'slotNotPrepared':
    case 'slotCleaned':
    case 'slotNotCleaned':
    case 'slotCondemned':
      hearSlot(step, event);
      break;
    case 'runEnded':
      endRun(step, event.slot, event.token, event.result);
      break;
    case 'allowance':
      assert(event.slots >= 1 && event.cores >= 1, 'an allowance needs a slot and a core');
      state.allowance = { slots: event.slots, cores: event.cores };
      break;
    case 'resources':
      state.resources = event.resources;
      relieveDisk(step);
      break;
    case 'swept':
      endSweep(step, event.clean);
      break;
    case 'drained':
      drainHost(step, event.isDrained);
      break;
    case 'hostEvicted':
      evictHost(step, event.host);
      break;
    case 'shutdown':
      shutDown(step, event.mode);
      break;
    case 'tick':
      state.wakeAtMs = undefined;
      break;
    default:
      never(event);
  }
};

/** What waits here goes back, and what comes is refused; the others hear of it at once. */
const drainHost = ({ state }: Step, isDrained: boolean): void => {
  if (state.isDrained === isDrained) return;
  state.isDrained = isDrained;
  state.membership.heartbeatAtMs = 0;
};

const boot = ({ state, now }: Step, event: Extract<Event, { readonly kind: 'booted' }>): void => {
  assert(event.runs >= 1 && event.cores >= 1, 'an agent needs a slot and a core');
  assert(event.runs <= event.slots.length, 'an agent cannot run more tasks than it has slots');
  const { limits, mesh } = { ...state, ...event };
  state.life = event.life;
  state.runs = event.runs;
  state.cores = event.cores;
  state.allowance = { slots: event.runs, cores: event.cores };
  state.workMemoryBytes = event.workMemoryBytes;
  state.pool = createPool(event.slots);
  state.sweep = { kind: 'waiting', atMs: now.now + limits.sweepEveryMs };
  state.mesh = mesh;
  state.random = createRandom(event.seed);
  state.election.n = mesh.ballotN;
  const listenMs = mesh.expectsPeers ? limits.mesh.listenMs : 0;
  state.election.role = { kind: 'listening', untilMs: now.now + listenMs };
  state.vectorAtMs = now.now + limits.mesh.vectorMs;
};

/**
 * What follows from the new state and the new time, whatever the event was: the same rules in the same order. First who is
 * there and who leads, then what this agent does, then what it deals out.
 */
const settle = (step: Step): void => {
  const { state, now } = step;
  judgeSilence(step);
  noteMinority(step);
  advanceElection(step);
  openWhenCollected(step);
  advanceAdmission(state.admission, now.now, state.limits);
  for (const plan of listActivePlans(state)) {
    const isDue = plan.progress.paused.some(({ untilMs }) => untilMs <= now.now);
    releasePaused(plan.progress, now.now);
    plan.isDirty ||= isDue;
  }
  fetchWanted(step);
  advanceFiles(step);
  retireHanging(step);
  dropSettledTransfers(step);
  askThieves(step);
  giveBackQueue(step);
  // First: a slot that is ready would take what has had its tries once more.
  giveUpHopeless(step);
  startRuns(step);
  grantReady(step);
  retractWaiting(step);
  duplicateSlow(step);
  stealWork(step);
  reportHoldings(step);
  exchangeJournals(step);
  beat(step);
  cleanSlots(step);
  prepareSlots(step);
  askForSweep(step);
  endPlans(step);
  noteLeader(step);
  askForWake(step);
};

/** One wake for the earliest deadline, told again only when it changes. */
const askForWake = (step: Step): void => {
  const { state, now, effects } = step;
  const alarm = createAlarm(now.now);
  considerOwn(step, alarm);
  considerMesh(step, alarm);
  if (!Number.isFinite(alarm.atMs) || alarm.atMs === state.wakeAtMs) return;
  state.wakeAtMs = alarm.atMs;
  effects.push({ kind: 'wake', at: alarm.atMs });
};

/** What this host has to do at some time, whoever else there is. */
const considerOwn = (step: Step, alarm: Alarm): void => {
  const { state } = step;
  considerAll(alarm, listSlotDeadlines(step));
  for (const plan of state.plans) {
    if (isWithdrawn(state, plan)) continue;
    for (const { untilMs } of plan.progress.paused) consider(alarm, untilMs);
  }
  consider(alarm, findAdmissionDeadline(state.admission, state.limits));
  if (state.sweep.kind === 'waiting' && state.stopping === undefined) consider(alarm, state.sweep.atMs);
  consider(alarm, findElectionDeadline(step));
  considerAll(alarm, listFileDeadlines(state));
  considerAll(alarm, listWantedDeadlines(step));
};

/** Alone there is nobody to speak to, and nothing to wake for. */
const considerMesh = (step: Step, alarm: Alarm): void => {
  const { state } = step;
  const { membership, election } = state;
  if (membership.peers.size === 0) return;
  considerSilence(step, alarm);
  considerAll(alarm, listAskDeadlines(step));
  consider(alarm, findStealDeadline(step));
  consider(alarm, findMinorityDeadline(step));
  consider(alarm, membership.judgeFromMs);
  consider(alarm, membership.heartbeatAtMs);
  consider(alarm, state.vectorAtMs);
  if (election.highest !== undefined) consider(alarm, state.holdAtMs);
};
