import { describe, expect, it } from 'vitest';
import { areJournalsWhole, carryEntries } from '../../../agent/build/carry.ts';
import { planId } from '../../../src/core/ids.ts';
import { makeLife } from '../../core/lives.ts';
import { farLife, makeAttempt, makeFact } from '../../store/makeFact.ts';

describe('the journals of a plan', () => {
  it('are whole when no number is missing from any start of any host', () => {
    const other = { ...farLife, boot: 'other' };
    const facts = [makeFact(farLife, 1), makeFact(other, 1), makeFact(farLife, 2)];
    expect(areJournalsWhole([])).toBe(true);
    expect(areJournalsWhole(facts)).toBe(true);
    expect(areJournalsWhole([...facts, makeFact(other, 3)])).toBe(false);
    expect(areJournalsWhole(facts.slice(1))).toBe(false);
  });

  it('give what holds to another plan as the first entries of the present start', () => {
    const life = makeLife('h1', 4);
    const next = planId('next');
    const carried = carryEntries([makeFact(farLife, 3), makeAttempt(farLife, 7)], next, life);
    const known = { planId: next, origin: life };
    expect(carried).toEqual([
      { ...makeFact(farLife, 3), ...known, seq: 1 },
      { ...makeAttempt(farLife, 7), ...known, seq: 2 },
    ]);
    expect(areJournalsWhole(carried)).toBe(true);
  });
});
