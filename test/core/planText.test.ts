import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildId, taskName } from '../../src/core/ids.ts';
import { canonicalPlan } from '../../src/core/plan.ts';
import { parseCanonicalPlan } from '../../src/core/planText.ts';

const plans = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 8 }).chain((names) =>
  fc.record({
    build: fc.string().map(buildId),
    platform: fc.string(),
    files: fc.boolean(),
    sheet: fc.string(),
    tasks: fc.tuple(
      ...names.map((name, index) =>
        fc.record({
          name: fc.constant(taskName(name)),
          needs: fc.subarray(names.slice(0, index).map(taskName)),
          estimateMs: fc.integer({ min: 1 }),
          jobsSafe: fc.boolean(),
          weight: fc.integer(),
          diskBytes: fc.nat(),
          memoryBytes: fc.nat(),
        }),
      ),
    ),
  }),
);

describe('the canonical text of a plan', () => {
  it('gives back a plan that has the same text', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const text = canonicalPlan(plan);
        const parsed = parseCanonicalPlan(text);
        expect(parsed && canonicalPlan(parsed)).toBe(text);
      }),
    );
  });

  it.each([
    '',
    'no json',
    '["plan",1,"b"]\n',
    '["plan",2,"b"]\n["a",[],"soon",true,100]\n',
    '["plan",2,"b"]\n["a",[1],1,true,100]\n',
  ])('is refused when it says %j', (text) => {
    expect(parseCanonicalPlan(text)).toBeUndefined();
  });
});
