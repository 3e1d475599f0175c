import { describe, expect, it } from 'vitest';
import type { Effect } from '../../src/core/effect.ts';
import { orderEffects } from '../../src/core/effect.ts';
import { slotName } from '../../src/core/ids.ts';
import { built, makeFact } from './samples.ts';

describe('orderEffects', () => {
  it('puts what must be durable first and what is only told last, and keeps the order within a kind', () => {
    const facts = [makeFact('a', built)];
    const first: Effect = { kind: 'clean', slot: slotName('build-2'), order: 1 };
    const second: Effect = { kind: 'clean', slot: slotName('build-1'), order: 2 };
    const note: Effect = {
      kind: 'note',
      note: { kind: 'slotTrouble', slot: slotName('build-1'), detail: '' },
    };
    const effects: Effect[] = [
      note,
      first,
      { kind: 'announce', facts },
      second,
      { kind: 'persist', entries: facts },
    ];
    expect(orderEffects(effects)).toEqual([
      { kind: 'persist', entries: facts },
      { kind: 'announce', facts },
      first,
      second,
      note,
    ]);
  });
});
