import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { noCounts } from '../../agent/build/ending.ts';
import type { BuildEvent } from '../../agent/control/protocol.ts';
import { createPerformer, type PerformerPorts } from '../../agent/effects.ts';
import { createTally } from '../../agent/metrics/tally.ts';
import type { Effect } from '../../src/core/effect.ts';
import { hostId, planId, sessionId, slotName, taskName } from '../../src/core/ids.ts';
import { makeLife } from '../core/lives.ts';
import { makeFact } from '../store/makeFact.ts';

const slot = slotName('build-1');
const life = makeLife('h1');
const fact = makeFact(life, 1);

describe('effects', () => {
  const counts = { ...noCounts, total: 9, failed: 1, blocked: 7 };
  const perform = (...effects: readonly Effect[]) => {
    const done: string[] = [];
    const events: BuildEvent[] = [];
    const note = (what: string) => (): void => {
      done.push(what);
    };
    const ports = {
      slots: {
        prepare: note('prepare'),
        start: note('start'),
        cancel: note('cancel'),
        clean: note('clean'),
        retire: note('retire'),
        sweep: note('sweep'),
      },
      mesh: {
        send: note('send'),
        close: note('close'),
        fetchPlan: note('fetchPlan'),
        fetchFile: note('fetchFile'),
        dropFile: note('dropFile'),
      },
      backlog: { keep: note('keep'), flush: note('flush') },
      director: { countBlocked: () => 7 },
      onPlanEnded: note('planEnded'),
      isScan: () => false,
      onFacts: () => undefined,
      nameOther: (host: string) => (host === 'h1' ? undefined : `name of ${host}`),
      tally: createTally(hostId('h1')),
      progress: {
        counts: () => counts,
        tell: (event: BuildEvent) => {
          done.push(`tell ${event.kind}`);
          events.push(event);
        },
      },
      log: pino({ enabled: false }),
    };
    const one = createPerformer(ports as unknown as PerformerPorts);
    for (const effect of effects) one(effect);
    return { done, events };
  };
  const start = {
    kind: 'start',
    slot,
    planId: planId('p'),
    task: taskName('a'),
    token: fact.token,
    jobs: 2,
    work: { kind: 'disk' },
  } as const;

  it('tell that a package starts before it can tell of a stage', () => {
    expect(perform(start).done).toEqual(['tell started', 'start']);
  });

  it('tell the end of a package with the counts of the build, and what it blocks only when it failed', () => {
    const failed = makeFact(life, 2, { kind: 'failed', class: 'package', stage: 'build', reason: 'exit 1' });
    const { events } = perform({ kind: 'announce', facts: [fact, failed] });
    expect(events).toMatchObject([
      { kind: 'ended', pkg: 'pkg-1.0', blocks: 0, counts, host: undefined },
      { kind: 'ended', pkg: 'pkg-2.0', blocks: 7, counts, outcome: { stage: 'build' } },
    ]);
  });

  it('warn of trouble and of slots that are lost, and promise nothing', () => {
    const told = perform(
      { kind: 'retire', slot, replacement: slotName('build-2'), reason: 'busy' },
      {
        kind: 'note',
        note: {
          kind: 'attemptTroubled',
          planId: planId('p'),
          task: taskName('a'),
          slot,
          trouble: 'disk-full',
          detail: 'no space',
          attempt: 3,
        },
      },
      { kind: 'note', note: { kind: 'slotTrouble', slot, detail: 'no mount' } },
      { kind: 'note', note: { kind: 'staleResult', slot, token: fact.token } },
    ).events.map((event) => (event.kind === 'warning' ? event.text : event.kind));
    expect(told).toEqual([
      expect.stringMatching(/build-1.*busy.*build-2/),
      expect.stringMatching(/a on build-1: disk-full: no space.*attempt 3\)/),
      'slot build-1: no mount',
    ]);
  });

  it('warn of a disk without room, and leave to the log what waits in the ordinary course', () => {
    const disk = { kind: 'disk', isFull: true, freeBytes: 1, totalBytes: 100 } as const;
    const alone = { kind: 'alone', task: taskName('a') } as const;
    const { events } = perform(
      { kind: 'note', note: { kind: 'waiting', wait: disk } },
      { kind: 'note', note: { kind: 'waiting', wait: alone } },
      { kind: 'note', note: { kind: 'evicted', task: taskName('b'), slot, freeBytes: 4, totalBytes: 100 } },
    );
    expect(events.map((event) => (event.kind === 'warning' ? event.text : event.kind))).toEqual([
      expect.stringMatching(/^nothing starts, make room/),
      'b on build-1 is ended to save the disk for the others (4 % free): it comes again',
    ]);
  });

  it('for other hosts go to the mesh, and entries of theirs to the backlog', () => {
    const [session, host, task, plan] = [sessionId(1), hostId('h2'), taskName('a'), planId('p')];
    expect(
      perform(
        { kind: 'keep', entries: [fact] },
        { kind: 'closeSession', session, reason: 'stale' },
        { kind: 'send', session, message: { kind: 'leave', mode: 'now' } },
        { kind: 'dropFile', planId: plan, task },
        { kind: 'fetchPlan', planId: plan, from: host },
        { kind: 'fetchFile', planId: plan, task, digests: [], from: host },
      ).done,
    ).toEqual(['keep', 'close', 'send', 'dropFile', 'fetchPlan', 'fetchFile']);
  });

  it('warn of a package that no host has any more, and leave the comings and goings of hosts to the log', () => {
    const host = hostId('h2');
    const { events } = perform(
      { kind: 'note', note: { kind: 'peer', host, status: 'dead' } },
      { kind: 'note', note: { kind: 'refused', host, reason: 'cloned' } },
      { kind: 'note', note: { kind: 'leader', host, isMe: false } },
      { kind: 'note', note: { kind: 'fileLost', planId: planId('p'), task: taskName('a') } },
    );
    expect(events).toEqual([
      { kind: 'warning', text: 'no host has the package of a any more: it is built again' },
    ]);
  });

  it('go to the slots and to the director', () => {
    expect(
      perform(
        { kind: 'cancel', slot, token: fact.token, reason: '' },
        { kind: 'clean', slot, order: 1 },
        { kind: 'prepare', slot, order: 2 },
        { kind: 'sweep' },
        { kind: 'planEnded', planId: planId('p'), ending: 'complete' },
      ).done,
    ).toEqual(['cancel', 'clean', 'prepare', 'sweep', 'flush', 'planEnded']);
  });
});
