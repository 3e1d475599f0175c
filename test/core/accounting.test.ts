import { describe, expect, it } from 'vitest';
import { bookTime, openAccount, readAccount } from '../../src/core/accounting.ts';
import { planId, taskName } from '../../src/core/ids.ts';
import type { SlotState } from '../../src/core/slot/slot.ts';
import { makeLife, tokenOf } from './lives.ts';

const mine = planId('mine');
const running = (plan: string): SlotState => ({
  kind: 'running',
  run: {
    planId: planId(plan),
    task: 0,
    name: taskName('a'),
    token: tokenOf(makeLife('h1'), 1),
    jobs: 1,
    cores: 1,
    crowdedFromMs: 0,
    startedAtMs: 0,
    startedAtWallMs: 0,
    alone: false,
    reservation: { memoryBytes: 0, diskBytes: 0, workBytes: 0 },
    again: false,
    duplicate: false,
    endAtMs: 1,
    diskLow: false,
    cancelled: undefined,
  },
});

const read = (slots: readonly SlotState[], usable = slots.length, runs = slots.length) => {
  const account = openAccount(1_000);
  bookTime(account, mine, slots, { runs, usable, nowMs: 3_000 });
  return readAccount(account);
};

describe('the account of a plan', () => {
  it('tells apart work, sandboxes, waiting for packages, and slots that were kept from it', () => {
    const slots: SlotState[] = [
      running('mine'),
      running('other'),
      { kind: 'cleaning', order: 1, sinceMs: 0 },
      { kind: 'stuck', retryAtMs: 9_000 },
      { kind: 'empty', retryAtMs: 9_000 },
      { kind: 'ready' },
      { kind: 'retired' },
    ];
    expect(read(slots, 6, 6)).toEqual({ busy: 2, sandbox: 6, starved: 2, stopped: 2 });
  });

  it('books a free slot as stopped once nothing may start any more', () => {
    expect(read([{ kind: 'ready' }, { kind: 'empty', retryAtMs: undefined }], 0)).toEqual({
      busy: 0,
      sandbox: 0,
      starved: 0,
      stopped: 4,
    });
  });

  it('books free slots beyond what the agent may use as kept from the plan', () => {
    const slots: SlotState[] = [running('mine'), { kind: 'ready' }, { kind: 'empty', retryAtMs: undefined }];
    expect(read(slots, 2)).toEqual({ busy: 2, sandbox: 0, starved: 2, stopped: 2 });
  });

  it('counts no spare slot: what is made or cleaned beside full runs costs the plan nothing', () => {
    const cleaning: SlotState = { kind: 'cleaning', order: 1, sinceMs: 0 };
    const preparing: SlotState = { kind: 'preparing', order: 2, sinceMs: 0 };
    expect(read([running('mine'), running('mine'), cleaning, preparing], 2, 2)).toEqual({
      busy: 4,
      sandbox: 0,
      starved: 0,
      stopped: 0,
    });
    expect(read([running('mine'), { kind: 'ready' }, preparing], 2, 2), 'one place is free').toEqual({
      busy: 2,
      sandbox: 0,
      starved: 2,
      stopped: 0,
    });
    expect(read([running('mine'), cleaning, preparing], 2, 2), 'one place waits for a sandbox').toEqual({
      busy: 2,
      sandbox: 2,
      starved: 0,
      stopped: 0,
    });
  });
});
