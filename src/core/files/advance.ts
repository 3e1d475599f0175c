import { isLeader } from '../election/role.ts';
import { listQueue } from '../queue/queue.ts';
import type { AgentState, PlanState, Step } from '../state.ts';
import { isWithdrawn } from '../state.ts';
import { fetchCopies } from './copies.ts';
import { listFetchDeadlines, wantFiles } from './fetches.ts';
import { findLost } from './lost.ts';
import { countStores, orderCopies } from './replicas.ts';
import { isEmpty, nameLive, surveyHoldings } from './survey.ts';

/** How often the coordinator looks who has what. */
const surveyEveryMs = 1_000;

/** What is to be done about files at the end of each step. */
export const advanceFiles = (step: Step): void => {
  const { state, now } = step;
  if (!state.plans.some(({ usesFiles }) => usesFiles)) return;
  // Those that wait for a slot, in the order in which they get one, so that their files are here by then (rule `prefetch`).
  if (state.rules.prefetch) {
    for (const { plan, task } of listQueue(state)) {
      if (!isWithdrawn(state, plan)) wantFiles(step, plan, task);
    }
  }
  fetchCopies(step);
  const { fetching } = state;
  if (!isLeader(state)) {
    if (fetching.leadSinceMs !== undefined) retireSurveys(state);
    return;
  }
  if (fetching.leadSinceMs === undefined) {
    // A new coordinator has heard of files what its peers said to it as to any other; those that just came are yet to speak.
    fetching.leadSinceMs = now.now;
    fetching.surveyAtMs = now.now + state.limits.mesh.suspectMs;
  }
  if (now.now < fetching.surveyAtMs) return;
  fetching.surveyAtMs = now.now + surveyEveryMs;
  const hosts = nameLive(state);
  for (const plan of state.plans) if (plan.usesFiles) survey(step, plan, hosts);
};

/** When `advanceFiles` and `checkFiles` have something to do for no other reason than time; those that are over too. */
export const listFileDeadlines = (state: AgentState): readonly number[] => {
  const times = listFetchDeadlines(state);
  const { leadSinceMs, surveyAtMs } = state.fetching;
  if (leadSinceMs === undefined || !state.plans.some((plan) => plan.usesFiles && !isSettled(plan)))
    return times;
  return [...times, surveyAtMs];
};

const survey = (step: Step, plan: PlanState, hosts: string): void => {
  const { state } = step;
  const { files } = plan;
  if (isSettled(plan) && files.survey.settled?.hosts === hosts) return;
  const copies = Math.max(1, Math.min(state.limits.mesh.copies, countStores(state, plan)));
  const holdings = surveyHoldings(state, plan, copies);
  if (!isWithdrawn(state, plan)) findLost(step, plan, holdings);
  orderCopies(step, plan, holdings);
  const isQuiet = isEmpty(holdings.scarce) && isEmpty(holdings.absent);
  files.survey.settled = isQuiet ? { revision: files.revision, hosts } : undefined;
};

const isSettled = ({ files }: PlanState): boolean => files.survey.settled?.revision === files.revision;

/** Another one leads, or nobody. */
const retireSurveys = ({ plans, fetching }: AgentState): void => {
  fetching.leadSinceMs = undefined;
  for (const { files, lost } of plans) {
    files.survey.orders.clear();
    files.survey.absent.clear();
    files.survey.starved.clear();
    files.survey.settled = undefined;
    lost.clear();
  }
};
