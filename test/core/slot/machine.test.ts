import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../src/core/effect.ts';
import { slotName } from '../../../src/core/ids.ts';
import { createDriver } from '../../core/driver.ts';
import { built, makePlan } from '../samples.ts';

/** What the world does next: to which slot, and how it goes. */
const anyMove = fc.record({
  pick: fc.nat(30),
  what: fc.constantFrom('works', 'fails', 'late', 'condemn', 'wait', 'sweep', 'restless'),
});

type Driver = ReturnType<typeof createDriver>;
type Move = { readonly pick: number; readonly what: string };

const runs = 3;
const spare = 2;
const limits = { cleanTriesMax: 2, prepareMaxMs: 5_000, cleanMaxMs: 5_000, sweepEveryMs: 9_000 };

/** Carries one move out on a slot; what does not fit the slot is an answer that comes late. */
const move = (driver: Driver, { pick, what }: Move): readonly Effect[] => {
  const { slots } = driver.state.pool;
  const { name, state } = slots[pick % slots.length] ?? { name: slotName('build-1'), state: undefined };
  if (what === 'wait') return driver.tick(driver.nowMs + 100 * pick);
  if (what === 'sweep') return driver.send({ kind: 'swept', clean: pick % 2 === 0 ? [name] : [] });
  if (what === 'condemn') return driver.send({ kind: 'slotCondemned', slot: name });
  if (what === 'late') return driver.send({ kind: 'slotPrepared', slot: name, order: pick });
  if (what === 'restless') return driver.send({ kind: 'allowance', slots: 1 + (pick % 4), cores: 4 });
  const works = what === 'works';
  if (state?.kind === 'preparing') return works ? driver.prepare(name) : driver.missPrepare(name);
  if (state?.kind === 'running') {
    return works ? driver.endRun(name, built) : driver.trouble(name, 'missing-dependency');
  }
  return works ? driver.clean(name) : driver.missClean(name);
};

/** Books of what was commanded: they know nothing of the machine's own states. */
const createBooks = () => {
  const busy = new Map<string, 'preparing' | 'cleaning' | 'running'>();
  const retired = new Set<string>();
  return (effects: readonly Effect[]): void => {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'prepare':
        case 'clean':
        case 'start': {
          expect(retired, `${effect.kind} of a retired slot`).not.toContain(effect.slot);
          const before = busy.get(effect.slot);
          if (effect.kind === 'start') expect(before, 'a run needs a slot that was made').toBe('preparing');
          if (effect.kind === 'prepare') expect(before, 'made twice').not.toBe('running');
          const after = { prepare: 'preparing', clean: 'cleaning', start: 'running' } as const;
          busy.set(effect.slot, after[effect.kind]);
          break;
        }
        case 'retire':
          retired.add(effect.slot);
          expect(busy.has(effect.replacement), 'a new name').toBe(false);
          break;
        default:
          break;
      }
    }
  };
};

describe('slots, whatever happens to them', () => {
  it('are at one thing at a time, never run when retired, and stay as many as the host was given', () => {
    fc.assert(
      fc.property(fc.array(anyMove, { maxLength: 120 }), (moves) => {
        const driver = createDriver(runs, { spare, ...limits });
        const book = createBooks();
        const names = Array.from({ length: 40 }, (_, index) => [`t${index}`, [[], 10]] as const);
        book(driver.add(makePlan(Object.fromEntries(names))));
        for (const one of moves) {
          book(move(driver, one));
          const { slots } = driver.state.pool;
          expect(slots.filter(({ state }) => state.kind !== 'retired')).toHaveLength(runs + spare);
          expect(driver.running().length).toBeLessThanOrEqual(runs);
          expect(new Set(slots.map(({ name }) => name)).size).toBe(slots.length);
        }
      }),
      { numRuns: 300 },
    );
  });
});
