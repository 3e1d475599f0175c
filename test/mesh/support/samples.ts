import type { Entry, Fact } from '../../../src/core/facts/fact.ts';
import {
  type Ballot,
  hostId,
  type Life,
  makeToken,
  planId,
  slotName,
  taskName,
} from '../../../src/core/ids.ts';
import type { GrantItem, HeldItem, Load, Message, RunItem, StealId } from '../../../src/core/message.ts';

export const sampleLife: Life = { host: hostId('V1StGXR8Z5jdHi6BmyT2a'), incarnation: 7, boot: 'qwertyui' };
const sampleBallot: Ballot = { n: 3, life: sampleLife };
export const samplePlan = planId('0123456789abcdef'.repeat(4));
const sampleToken = makeToken(sampleBallot, 41, 2);

export const sampleItem: HeldItem = {
  planId: samplePlan,
  task: taskName('kde4-l10n-ca@valencia-4.14.3nb1'),
  token: sampleToken,
  again: false,
  duplicate: true,
};
const run: RunItem = { ...sampleItem, leftMs: -1_250.5 };
const grant: GrantItem = { ...sampleItem, cores: 2.5, rivals: 3 };
const id: StealId = { thief: sampleLife, count: 12 };
const load: Load = {
  ...{ usable: 4, running: 3, queued: 2, givable: 1, waitMs: 1_000.5, coresFree: 0.5, speed: 0.93 },
  ...{ memoryFreeBytes: 8e9, diskFreeBytes: undefined },
};

const ended = {
  ...{ planId: samplePlan, token: sampleToken, origin: sampleLife, slot: slotName('build-3') },
  ...{ startedAtMs: 1_790_000_000_000, wallMs: 61_000, cpuMs: 122_000.25, jobs: 4 },
  ...{ steps: [{ step: 'configure', wallMs: 10, cpuMs: 9.5 }], diskBytes: 5e9, memoryBytes: 0 },
};
const added = {
  ...{ name: taskName('lang/perl5'), needs: [], estimateMs: 1_500.5, jobsSafe: true, weight: 100 },
  ...{ diskBytes: 0, memoryBytes: 0 },
};
const digest = `sha256:${'ab'.repeat(32)}`;

export const sampleFact: Fact = {
  ...{ ...ended, seq: 5, task: taskName('perl-5.42.0') },
  outcome: { kind: 'built', digest, sizeBytes: 7 },
};

/** One entry of each kind, dense from 5. */
export const sampleEntries: readonly Entry[] = [
  sampleFact,
  {
    ...{ ...ended, seq: 6, task: taskName('lang/perl5') },
    outcome: { kind: 'built', digest, sizeBytes: 7, adds: [added] },
  },
  {
    ...{ ...ended, seq: 7, task: taskName('p5-DBI-1.647') },
    outcome: { kind: 'failed', class: 'package', stage: 'build', reason: 'make: *** ünknown "x"\u001b[0m' },
  },
  {
    ...{ ...ended, seq: 8, task: taskName('p5-DBI-1.647') },
    outcome: {
      ...{ kind: 'troubled', trouble: 'disk-full', detail: 'no space', stage: undefined },
      ...{ alone: false, hostSuspect: true },
    },
  },
  {
    ...{ ...ended, seq: 9, task: taskName('p5-DBI-1.647') },
    outcome: { kind: 'retried', voids: [sampleToken, makeToken(sampleBallot, 42)] },
  },
];

/** One message of each kind: a kind that is missing does not compile. */
export const sampleMessages: { readonly [Kind in Message['kind']]: Extract<Message, { kind: Kind }> } = {
  heartbeat: {
    ...{ kind: 'heartbeat', ballot: undefined, load },
    have: [{ planId: samplePlan, isWhole: true, added: [taskName('a-1')], removed: [] }],
  },
  probe: { kind: 'probe', host: hostId('h2') },
  probed: { kind: 'probed', host: hostId('h2'), heardAgoMs: undefined },
  evicted: { kind: 'evicted', lives: [sampleLife] },
  leave: { kind: 'leave', mode: 'drain' },
  canvass: { kind: 'canvass', round: 4, ballot: sampleBallot },
  canvassed: { kind: 'canvassed', round: 4, leaderOk: false, ballot: undefined },
  lead: { kind: 'lead', ballot: sampleBallot },
  resign: { kind: 'resign', ballot: sampleBallot },
  hold: { kind: 'hold', ballot: sampleBallot, runs: [run], queue: [sampleItem], transfers: [] },
  grant: { kind: 'grant', ballot: sampleBallot, items: [grant] },
  drop: { kind: 'drop', ballot: sampleBallot, item: sampleItem },
  cancel: { kind: 'cancel', ballot: sampleBallot, item: sampleItem },
  retract: { kind: 'retract', ballot: sampleBallot, item: sampleItem },
  started: { kind: 'started', item: run },
  returned: { kind: 'returned', items: [sampleItem], reason: 'evicted' },
  steal: { kind: 'steal', id, load, platform: 'linux-x64' },
  give: { kind: 'give', id, item: sampleItem },
  none: { kind: 'none', id },
  taken: { kind: 'taken', id },
  ask: { kind: 'ask', id },
  nothave: { kind: 'nothave', id },
  moved: { kind: 'moved', item: sampleItem, from: hostId('h3') },
  entries: { kind: 'entries', planId: samplePlan, origin: sampleLife, from: 5, entries: sampleEntries },
  vector: {
    kind: 'vector',
    plans: [{ planId: samplePlan, isOver: true, counts: [{ origin: sampleLife, count: 8 }] }],
    isAnswer: false,
  },
  plans: { kind: 'plans', plans: [{ planId: samplePlan, word: { revision: 2, mode: 'drain' } }] },
  copy: { kind: 'copy', ballot: sampleBallot, planId: samplePlan, task: taskName('a-1') },
};
