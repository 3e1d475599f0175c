import { describe, expect, it } from 'vitest';
import { type Earlier, findStanding } from '../../../agent/build/resume.ts';
import type { Entry, Fact } from '../../../src/core/facts/fact.ts';
import { planId, taskName } from '../../../src/core/ids.ts';
import type { Verdict } from '../../../src/pkgsrc/fresh/verdict.ts';
import type { PkgName } from '../../../src/pkgsrc/package.ts';
import { makeLife } from '../../core/lives.ts';
import { makePlan } from '../../core/samples.ts';
import { makeAttempt, makeFact } from '../../store/makeFact.ts';

const life = makeLife('h1');
const failure = { kind: 'failed', class: 'package', stage: 'build', reason: 'exit 1' } as const;
const about = (task: string, entry: Entry): Entry => ({ ...entry, task: taskName(task) });
const built = (task: string, seq: number): Entry => about(task, makeFact(life, seq));
const failed = (task: string, seq: number): Entry => about(task, makeFact(life, seq, failure));
const troubled = (task: string, seq: number): Entry => about(task, makeAttempt(life, seq));

describe('what of a build that was cut short still holds', () => {
  const decided = { records: 'r', settings: 's' };
  /** `stale`: tasks whose package is not in the repository as it should be. */
  const find = (
    entries: readonly Entry[],
    stale: readonly string[],
    isMended: (fact: Fact) => boolean = () => false,
  ) => {
    const plan = makePlan({ a: [[], 10], b: [[], 10], c: [[], 10] });
    const earlier: Earlier = { planId: planId('p'), plan, entries, decisions: { ...decided, packages: [] } };
    const verdict: Verdict = { kind: 'build', reasons: [{ kind: 'absent' }] };
    const verdicts = new Map(stale.map((name) => [name as PkgName, verdict]));
    return findStanding(earlier, decided, verdicts, isMended);
  };

  it('is all of it, with what troubled attempts taught, when nothing has changed', () => {
    const entries = [built('a', 1), troubled('b', 2), failed('b', 3)];
    expect(find(entries, ['b', 'c'])).toEqual({ isWhole: true, entries, gone: [], mended: [] });
  });

  it('is not what went away, but what its attempts taught is', () => {
    const entries = [troubled('a', 1), built('a', 2), built('b', 3)];
    expect(find(entries, ['a', 'c'])).toEqual({
      isWhole: false,
      entries: [troubled('a', 1), built('b', 3)],
      gone: ['a'],
      mended: [],
    });
  });

  it('is neither the failure of what was changed since nor what its attempts taught', () => {
    const entries = [troubled('a', 1), failed('a', 2), failed('b', 3)];
    expect(find(entries, ['a', 'b', 'c'], ({ task }) => task === 'a')).toEqual({
      isWhole: false,
      entries: [failed('b', 3)],
      gone: [],
      mended: ['a'],
    });
  });

  it('is no failure of what was built after all, whether that is still there or not', () => {
    const entries = [failed('a', 1), built('a', 2), failed('b', 3), built('b', 4)];
    expect(find(entries, ['a', 'c'])?.entries).toEqual([built('b', 4)]);
  });

  it('goes into another plan when a number is missing from the journal, which can then not go on', () => {
    const entries = [built('a', 1), built('b', 3)];
    expect(find(entries, ['c'])).toEqual({ isWhole: false, entries, gone: [], mended: [] });
  });
});
