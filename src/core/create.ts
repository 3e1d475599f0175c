import { openAccount } from './accounting.ts';
import { createAdmission } from './dispatch/admission.ts';
import { createOwners } from './dispatch/owners.ts';
import { createSpeedBook } from './dispatch/speed.ts';
import { createElection } from './election/role.ts';
import { createFetching, createFiles } from './files/files.ts';
import { createProgress } from './graph/progress.ts';
import { createTable } from './graph/table.ts';
import type { PlanId } from './ids.ts';
import { createJournal } from './journal/journal.ts';
import type { Limits } from './limits.ts';
import { createMembership } from './membership/peers.ts';
import { ownProtocol } from './message.ts';
import type { Plan } from './plan.ts';
import { createRandom } from './random.ts';
import type { Rules } from './rules.ts';
import { createPool } from './slot/pool.ts';
import type { AgentState, PlanState } from './state.ts';
import { createStealing } from './steal/stealing.ts';

/** The state of an agent that has not booted. */
export const createState = (limits: Limits, rules: Rules): AgentState => ({
  limits,
  rules,
  life: undefined,
  mesh: {
    id: '',
    protocol: ownProtocol,
    platform: '',
    eligibility: 'allow',
    expectsPeers: false,
    ballotN: 0,
    sharedFiles: true,
  },
  random: createRandom(0),
  membership: createMembership(),
  election: createElection(),
  queue: [],
  stealing: createStealing(),
  fetching: createFetching(),
  book: createSpeedBook(),
  wanted: new Map(),
  forgotten: new Map(),
  holdAtMs: 0,
  vectorAtMs: 0,
  asked: undefined,
  runs: 1,
  cores: 1,
  allowance: { slots: 1, cores: 1 },
  pool: createPool([]),
  resources: undefined,
  workMemoryBytes: 0,
  wait: undefined,
  waitNotes: new Map(),
  evictedAtMs: undefined,
  sweep: { kind: 'waiting', atMs: limits.sweepEveryMs },
  admission: createAdmission(),
  plans: [],
  isDrained: false,
  stopping: undefined,
  tokens: 0,
  nowMs: 0,
  wakeAtMs: undefined,
});

interface NewPlan extends Pick<PlanState, 'usesFiles' | 'word'> {
  /** Absent: true. */
  readonly isFit?: boolean;
  readonly nowMs: number;
}

/** A plan of which nothing is known but itself. `nowMs`: since when its slot time is booked. */
export const createPlan = (
  planId: PlanId,
  plan: Plan,
  { usesFiles, isFit = true, word, nowMs }: NewPlan,
): PlanState => ({
  planId,
  build: plan.build,
  platform: plan.platform ?? '',
  usesFiles,
  isFit,
  progress: createProgress(createTable(plan)),
  journal: createJournal(),
  ends: new Map(),
  early: new Map(),
  failures: new Map(),
  voids: new Map(),
  attempts: new Map(),
  records: new Map(),
  evictions: new Map(),
  passedOver: new Map(),
  owners: createOwners(),
  files: createFiles(),
  lost: new Map(),
  account: openAccount(nowMs),
  spentMs: new Map(),
  pace: { actualMs: 0, expectedMs: 0 },
  word,
  ending: undefined,
  isDirty: true,
});
