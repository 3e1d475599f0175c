import { availableParallelism } from 'node:os';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Portion } from '../../../agent/share/portion.ts';
import type { Entry, Register } from '../../../agent/share/register.ts';
import { createShare } from '../../../agent/share/share.ts';

const cores = availableParallelism();

/** A register whose other entries the test sets. */
const fakeRegister = () => {
  const self: Register & { others: Entry[]; own: Entry | undefined } = {
    others: [],
    own: undefined,
    enter: (entry) => {
      self.own = entry;
    },
    leave: () => {
      self.own = undefined;
    },
    listOthers: () => self.others,
  };
  return self;
};

const other = (more: Partial<Entry> = {}): Entry => ({
  id: 'other',
  pid: 7,
  configFile: '/32.toml',
  slots: 4,
  cores,
  directories: ['/32/packages'],
  sinceMs: 0,
  ...more,
});

const makeShare = (register: Register) => {
  const portions: Portion[] = [];
  const share = createShare({
    register,
    id: 'own',
    configFile: '/64.toml',
    slots: 4,
    cores,
    directories: { 'paths.packages': '/64/packages', 'paths.bulklog': '/64/log' },
    onPortion: (portion) => portions.push(portion),
    log: pino({ level: 'silent' }),
  });
  return { share, portions };
};

describe('an agent on a host with others', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const never = (): Promise<void> => new Promise(() => {});

  it('has the host for itself until another one has work, and again when that has ended', async () => {
    const register = fakeRegister();
    const { share, portions } = makeShare(register);
    const end = Promise.withResolvers<void>();
    share.build(
      () => 'begun',
      () => end.promise,
    );
    expect([register.own?.slots, share.view(), portions]).toEqual([4, undefined, []]);
    register.others = [other()];
    await vi.advanceTimersByTimeAsync(1_000);
    const half = { slots: 2, cores: Math.max(1, Math.floor(cores / 2)) };
    expect(portions).toEqual([half]);
    expect(share.view()).toEqual({ ...half, slotsMax: 4, coresMax: cores, configFiles: ['/32.toml'] });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(portions, 'told once').toHaveLength(1);
    register.others = [];
    await vi.advanceTimersByTimeAsync(1_000);
    expect(portions.at(-1)).toEqual({ slots: 4, cores });
    register.others = [other()];
    await vi.advanceTimersByTimeAsync(1_000);
    end.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect([register.own, share.view(), portions.at(-1)]).toEqual([
      undefined,
      undefined,
      { slots: 4, cores },
    ]);
  });

  it('takes no part for a build that is refused', async () => {
    const register = fakeRegister();
    const { share } = makeShare(register);
    const refuse = (): never => {
      throw new Error('refused');
    };
    expect(() => share.build(refuse, async () => {})).toThrow('refused');
    await vi.advanceTimersByTimeAsync(0);
    expect(register.own).toBeUndefined();
  });

  it('builds nothing into the directories of one that came before, and says whose they are', () => {
    const register = fakeRegister();
    const { share } = makeShare(register);
    register.others = [other({ directories: ['/64/packages'] })];
    const begin = vi.fn();
    expect(() => share.build(begin, never)).toThrow(
      /another agent of this host \(pid 7, \/32\.toml\) is building into the same paths\.packages \(\/64\/packages\)/,
    );
    expect([begin.mock.calls, register.own]).toEqual([[], undefined]);
  });

  it('goes on when the other one came later: that one is refused', () => {
    const register = fakeRegister();
    const { share } = makeShare(register);
    register.others = [other({ directories: ['/64/packages'], sinceMs: Number.MAX_SAFE_INTEGER })];
    expect(share.build(() => 'begun', never)).toBe('begun');
  });

  it('builds all the same where others cannot hear of it', () => {
    const register = fakeRegister();
    register.enter = () => {
      throw new Error('disk full');
    };
    const { share } = makeShare(register);
    expect(share.build(() => 'begun', never)).toBe('begun');
  });
});
