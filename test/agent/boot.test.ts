import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { describeBoot } from '../../agent/boot.ts';
import type { Config } from '../../src/config/config.ts';
import { driverTraits } from '../../src/sandbox/traits.ts';
import { makeLife } from '../core/lives.ts';

const self = { life: makeLife('h1', 3), ballotN: 12, meshId: 'm1', mesh: undefined };

describe('the boot of an agent', () => {
  const memory = { storage: 'auto', workMemoryMiB: 512 } as const;
  const boot = (kind: 'linux' | 'script' | 'none', slotsMax = Number.POSITIVE_INFINITY, spare = 2) => {
    const config = { build: { slots: 2, cores: 4 }, sandbox: { spare, ...memory } };
    const event = describeBoot(config, { slotsMax, traits: driverTraits[kind] }, self);
    return event.kind === 'booted' ? { runs: event.runs, slots: event.slots } : undefined;
  };

  it('names the slots that run and the spare ones', () => {
    expect(boot('linux')).toEqual({ runs: 2, slots: ['build-1', 'build-2', 'build-3', 'build-4'] });
    expect(boot('linux', undefined, 0)).toEqual({ runs: 2, slots: ['build-1', 'build-2'] });
  });

  it('gives work areas a quarter of the memory, what is set, or none where they cannot lie there', () => {
    const workMemory = (kind: 'linux' | 'none', sandbox: Partial<Config['sandbox']>) => {
      const config = {
        build: { slots: 2, cores: 4 },
        sandbox: { spare: 0, storage: 'auto', workMemoryMiB: undefined, ...sandbox } as const,
      };
      const event = describeBoot(config, { slotsMax: 9, traits: driverTraits[kind] }, self);
      return event.kind === 'booted' ? event.workMemoryBytes : undefined;
    };
    expect(workMemory('linux', { storage: 'auto' })).toBe(Math.floor(totalmem() / 4));
    expect(workMemory('linux', { storage: 'auto', workMemoryMiB: 3 })).toBe(3 * 2 ** 20);
    expect(workMemory('linux', { storage: 'auto', workMemoryMiB: 0 })).toBe(0);
    expect(workMemory('linux', { storage: 'disk' })).toBe(0);
    expect(workMemory('none', { storage: 'auto' })).toBe(0);
  });

  it('makes the host a mesh of its own, under the highest ballot it knows of, with new chances each time', () => {
    const config = { build: { slots: 2, cores: 4 }, sandbox: { spare: 0, ...memory } };
    const boots = [1, 2, 3].map(() => describeBoot(config, { slotsMax: 9, traits: driverTraits.none }, self));
    const seeds = boots.map((event) => (event.kind === 'booted' ? event.seed : Number.NaN));
    expect(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)).toBe(true);
    expect(new Set(seeds).size).toBeGreaterThan(1);
    const mesh = { id: 'm1', ballotN: 12, expectsPeers: false, sharedFiles: true, eligibility: 'allow' };
    expect(boots[0]).toMatchObject({ life: self.life, mesh });
  });

  it('has no spare ones where they would cost much or cannot be', () => {
    expect(boot('script')?.slots).toHaveLength(2);
    expect(boot('none', 1)).toEqual({ runs: 1, slots: ['build-1'] });
    expect(boot('linux', 3)).toEqual({ runs: 2, slots: ['build-1', 'build-2', 'build-3'] });
  });
});
