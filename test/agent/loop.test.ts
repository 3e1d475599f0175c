import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startLoop } from '../../agent/loop.ts';
import type { Effect } from '../../src/core/effect.ts';
import { planId, slotName } from '../../src/core/ids.ts';
import type { Event } from '../../src/core/input.ts';
import { makeLife } from '../core/lives.ts';
import { makeFact } from '../store/makeFact.ts';

const fact = makeFact(makeLife('h1'), 1);
const persist: Effect = { kind: 'persist', entries: [fact] };
const announce: Effect = { kind: 'announce', facts: [fact] };
const clean = (name: string): Effect => ({ kind: 'clean', slot: slotName(name), order: 1 });
const cleaned = (name: string): Event => ({ kind: 'slotCleaned', slot: slotName(name), order: 1 });

describe('the event loop', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** `effects`: what the core answers to the event of that kind. */
  const start = (effects: Partial<Record<Event['kind'], readonly Effect[]>>, persistFacts = () => {}) => {
    const done: string[] = [];
    const loop = startLoop(
      (event) => {
        done.push(`step ${event.kind}`);
        return effects[event.kind] ?? [];
      },
      {
        clock: () => ({ now: 1000, wall: 0 }),
        persist: (entries) => {
          persistFacts();
          done.push(`persist ${entries.length}`);
        },
        perform: (effect) => done.push(effect.kind),
        onPersistTrouble: (error) => done.push(`trouble ${String(error)}`),
      },
    );
    return { loop, done };
  };

  it('makes the facts of all events of a turn durable before anything else of it is done', async () => {
    const { loop, done } = start({
      slotCleaned: [clean('build-1')],
      runEnded: [persist, announce],
    });
    loop.push(cleaned('build-1'));
    const result = { kind: 'trouble', trouble: 'lost', detail: '' } as const;
    loop.push({ kind: 'runEnded', slot: slotName('build-2'), token: fact.token, result });
    expect(done).toEqual([]);
    await turn();
    expect(done).toEqual(['step slotCleaned', 'step runEnded', 'persist 1', 'clean', 'announce']);
  });

  it('does nothing and takes no event while facts cannot be stored, and goes on where it was when they can', async () => {
    let full = true;
    const { loop, done } = start({ slotCleaned: [persist, announce] }, () => {
      if (full) throw new Error('full');
    });
    loop.push(cleaned('build-1'));
    await turn();
    loop.push({ kind: 'tick' });
    await turn();
    expect(done).toEqual(['step slotCleaned', 'trouble Error: full']);
    await vi.advanceTimersByTimeAsync(2000);
    await turn();
    expect(done.slice(2)).toEqual(['trouble Error: full']);
    full = false;
    await vi.advanceTimersByTimeAsync(2000);
    await turn();
    await turn();
    expect(done.slice(3)).toEqual(['persist 1', 'announce', 'step tick']);
  });

  it('is not settled while a fact waits for the disk', async () => {
    let full = true;
    const { loop } = start({ slotCleaned: [persist] }, () => {
      if (full) throw new Error('full');
    });
    loop.push(cleaned('build-1'));
    await turn();
    let settled = false;
    const waiting = loop
      .settled(() => true)
      .then(() => {
        settled = true;
      });
    await turn();
    expect(settled).toBe(false);
    full = false;
    await vi.advanceTimersByTimeAsync(2000);
    await turn();
    await waiting;
  });

  it('wakes the core at the latest deadline that it named, and at none after it was closed', async () => {
    const wake = (at: number): Effect => ({ kind: 'wake', at });
    const { loop, done } = start({ slotCleaned: [wake(1500)], slotCondemned: [wake(1200)] });
    loop.push(cleaned('build-1'));
    loop.push({ kind: 'slotCondemned', slot: slotName('build-1') });
    await turn();
    await vi.advanceTimersByTimeAsync(200);
    await turn();
    expect(done).toEqual(['step slotCleaned', 'step slotCondemned', 'step tick']);
    await vi.advanceTimersByTimeAsync(5000);
    await turn();
    expect(done).toHaveLength(3);
    loop.push(cleaned('build-1'));
    await turn();
    loop.close();
    loop.push({ kind: 'planStopped', planId: planId('p'), mode: 'now' });
    await vi.advanceTimersByTimeAsync(5000);
    await turn();
    expect(done.slice(3)).toEqual(['step slotCleaned']);
  });
});
