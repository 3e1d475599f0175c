import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../../src/core/effect.ts';
import type { Entry, Fact } from '../../../../src/core/facts/fact.ts';
import type { Life } from '../../../../src/core/ids.ts';
import { hostId, makeToken, planId, sessionId, slotName, taskName } from '../../../../src/core/ids.ts';
import type { Event } from '../../../../src/core/input.ts';
import { defaultLimits } from '../../../../src/core/limits.ts';
import type { Message } from '../../../../src/core/message.ts';
import { allRules } from '../../../../src/core/rules.ts';
import { drawFamily } from '../families.ts';
import { toPlan } from '../plans.ts';
import type { Observer, Place, WorldView } from '../trace.ts';
import { createChecks } from './all.ts';

const scenario = drawFamily('quiet', 1, {});
const [spec] = scenario.plans;
if (spec === undefined) throw new Error('no plan');
const plan = planId(spec.id);
const [need] = spec.tasks.filter(({ needs }) => needs.length > 0);
const dependent = taskName(need?.name ?? '');
const needed = taskName(need?.needs[0] ?? '');
const slot = slotName('build-1');

const lifeOf = (host: string): Life => ({ host: hostId(host), incarnation: 1, boot: 'abc' });

const placeOf = (name: string): Place => {
  const [host] = scenario.hosts;
  if (host === undefined) throw new Error('no host');
  return {
    ...{ name, spec: { ...host, name }, life: lifeOf(name), state: undefined, clockMs: 0 },
    ...{ isForeign: false, isClone: false, isUp: true, isPaused: false, isLeaving: false, isGone: false },
    entries: () => [],
    files: () => new Map(),
    builds: new Map(),
    ended: new Map(),
  };
};

const here = placeOf('h1');
const there = placeOf('h2');

/** All checks, as they watch a trace that is made by hand. */
const watch = () => {
  const observers: readonly Observer[] = createChecks();
  const world: WorldView = {
    ...{ scenario, limits: defaultLimits, rules: allRules, nowMs: 0, isHealed: false },
    places: [here, there],
    plans: new Map([[plan, toPlan(spec)]]),
  };
  for (const { onStart } of observers) onStart?.(world);
  const step = (place: Place, event: Event): void => {
    for (const { onStep } of observers) onStep?.(place, event, []);
  };
  const act = (place: Place, ...effects: readonly Effect[]): void => {
    for (const effect of effects) for (const { onEffect } of observers) onEffect?.(place, effect);
  };
  const hear = (place: Place, message: Message): void =>
    step(place, { kind: 'message', session: sessionId(1), message });
  for (const place of [here, there]) step(place, boot(place));
  return { step, act, hear };
};

const boot = ({ name }: Place): Event => ({
  ...{ kind: 'booted', life: lifeOf(name), slots: [slot], runs: 1, cores: 4, workMemoryBytes: 0, seed: 1 },
  mesh: {
    ...{ id: 'mesh', protocol: { oldest: 1, newest: 1 }, platform: 'any', eligibility: 'allow' },
    ...{ expectsPeers: true, ballotN: 0, sharedFiles: false },
  },
});

const tokenOf = (host: string, sequence: number) => makeToken({ n: 1, life: lifeOf(host) }, sequence);

const factOf = (host: string, seq: number, task = needed, digest = 'sha256:1'): Fact => ({
  ...{ planId: plan, task, token: tokenOf(host, seq), origin: lifeOf(host), seq, slot, startedAtMs: 0 },
  ...{ wallMs: 1, cpuMs: 1, jobs: 1, steps: [], diskBytes: 0, memoryBytes: 0 },
  outcome: { kind: 'built', digest, sizeBytes: 1 },
});

const tell = (entries: readonly Entry[]): Message => {
  const [first] = entries;
  if (first === undefined) throw new Error('nothing to tell');
  return { kind: 'entries', planId: plan, origin: first.origin, from: first.seq, entries };
};

const start = (sequence: number, task = dependent, jobs = 1): Effect => ({
  ...{ kind: 'start', slot, planId: plan, task, token: tokenOf('h1', sequence), jobs },
  work: { kind: 'disk' },
});

const prepared = (order: number): Event => ({ kind: 'slotPrepared', slot, order });

describe('the checks of a simulated mesh', () => {
  it('S1: entries are numbered without gaps, and told only when they are durable and as they were', () => {
    const { act, hear } = watch();
    act(here, { kind: 'persist', entries: [factOf('h1', 1)] });
    hear(there, tell([factOf('h1', 1)]));
    expect(() => hear(there, tell([factOf('h1', 2)]))).toThrow('before it is durable');
    expect(() => hear(there, tell([factOf('h1', 1, needed, 'sha256:2')]))).toThrow('another content');
    expect(() => act(here, { kind: 'persist', entries: [factOf('h1', 3)] })).toThrow('follows 1');
    expect(() => act(there, { kind: 'persist', entries: [factOf('h1', 2)] })).toThrow('stored as an own one');
  });

  it('S3: nobody leads under the ballot of another, or of another life', () => {
    const { act } = watch();
    const lead = (host: string): Effect => ({
      ...{ kind: 'send', session: sessionId(1) },
      message: { kind: 'lead', ballot: { n: 3, life: lifeOf(host) } },
    });
    act(here, lead('h1'), lead('h1'));
    expect(() => act(there, lead('h1'))).toThrow('leads under ballot 3');
  });

  it('S4: nothing starts before what it needs is built, and its file is there', () => {
    const { step, act } = watch();
    act(here, { kind: 'prepare', slot, order: 1 });
    step(here, prepared(1));
    expect(() => act(here, start(1))).toThrow(`before ${needed} has been built`);
    act(there, { kind: 'persist', entries: [factOf('h2', 1)] });
    expect(() => act(here, start(2))).toThrow(`where the file of ${needed} is not`);
    step(here, { kind: 'fileFetched', planId: plan, task: needed });
    act(here, start(3));
  });

  it('S5 and S10: one run on a slot that is ready, with no more jobs than cores, on a host that takes part', () => {
    const { step, act } = watch();
    expect(() => act(here, start(1, needed))).toThrow('on which there is nothing');
    act(here, { kind: 'prepare', slot, order: 1 });
    step(here, prepared(1));
    expect(() => act(here, start(2, needed, 5))).toThrow('5 jobs of 4 cores');
    step(here, { kind: 'drained', isDrained: true });
    expect(() => act(here, start(6, needed))).toThrow('a host that is to start nothing');
    step(here, { kind: 'drained', isDrained: false });
    act(here, start(3, needed));
    expect(() => act(here, start(4, taskName('t1')))).toThrow('on which there is running');
    const result = { kind: 'trouble', trouble: 'killed', detail: '' } as const;
    step(here, { kind: 'runEnded', slot, token: tokenOf('h1', 3), result });
    expect(() => act(here, start(5, needed))).toThrow('on which there is dirty');
    act(here, { kind: 'clean', slot, order: 2 });
    // An answer to an earlier command is none to this one.
    step(here, { kind: 'slotCleaned', slot, order: 1 });
    expect(() => act(here, { kind: 'prepare', slot, order: 3 })).toThrow('on which there is cleaning');
  });

  it('S9: the last copy of a file is not deleted', () => {
    const { act } = watch();
    act(there, { kind: 'persist', entries: [factOf('h2', 1)] });
    expect(() => act(there, { kind: 'dropFile', planId: plan, task: needed })).toThrow('the last copy');
  });

  it('S13: no right to run a task is used twice', () => {
    const { step, act } = watch();
    for (const place of [here, there]) {
      act(place, { kind: 'prepare', slot, order: 1 });
      step(place, prepared(1));
    }
    act(here, start(1, needed));
    expect(() => act(there, start(1, needed))).toThrow('starts a second run');
  });

  it('S14: a task is never failed as a package for what it was not bound to', () => {
    const { act } = watch();
    const outcome = { kind: 'failed', class: 'package', stage: 'build', reason: 'no room' } as const;
    expect(() => act(here, { kind: 'persist', entries: [{ ...factOf('h1', 1), outcome }] })).toThrow(
      'fails as a package: no room',
    );
  });
});
