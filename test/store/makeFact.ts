import type { Attempt, Fact, Outcome, Retry, Troubled } from '../../src/core/facts/fact.ts';
import { type Life, planId, slotName, taskName } from '../../src/core/ids.ts';
import { makeLife, tokenOf } from '../core/lives.ts';

/** Another host than the one under test. */
export const farLife: Life = makeLife('far0000000000000000ab', 3);

const built: Outcome = { kind: 'built', digest: `sha256:${'ab'.repeat(32)}`, sizeBytes: 4711 };

/** A fact as an agent makes it: number `seq` of `origin`. */
export const makeFact = (origin: Life, seq: number, outcome: Outcome = built): Fact => ({
  planId: planId('plan-a'),
  task: taskName(`pkg-${seq}.0`),
  token: tokenOf(origin, seq),
  origin,
  seq,
  outcome,
  slot: slotName('build-1'),
  startedAtMs: 1_700_000_000_000 + seq,
  wallMs: 1234.5,
  cpuMs: 999.25,
  jobs: 2,
  steps: [
    { step: 'configure', wallMs: 500.5, cpuMs: 400 },
    { step: 'build', wallMs: 734, cpuMs: 599.25 },
  ],
  diskBytes: 1_000_000,
  memoryBytes: 0,
});

const outOfMemory: Troubled = {
  kind: 'troubled',
  trouble: 'out-of-memory',
  detail: 'cc1plus was killed',
  stage: 'build',
  alone: false,
  hostSuspect: false,
};

/** The same of an attempt that met trouble. */
export const makeAttempt = (origin: Life, seq: number, outcome: Troubled = outOfMemory): Attempt => ({
  ...makeFact(origin, seq),
  outcome,
});

/** The wish to have what `failure` ended tried again. */
export const makeRetry = (origin: Life, seq: number, failure: Fact): Retry => ({
  ...makeFact(origin, seq),
  task: failure.task,
  outcome: { kind: 'retried', voids: [failure.token] },
});
