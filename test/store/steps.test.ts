import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSteps, encodeSteps } from '../../src/store/steps.ts';

const step = fc.record({
  step: fc.stringMatching(/^[a-z-]{1,12}$/),
  wallMs: fc.nat(),
  cpuMs: fc.nat(),
});

describe('steps as text', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        expect(decodeSteps(encodeSteps(steps))).toEqual(steps);
      }),
    );
  });

  it('are read from the JSON of the first format too', () => {
    const steps = [{ step: 'build', wallMs: 5, cpuMs: 6 }];
    expect(decodeSteps(JSON.stringify(steps))).toEqual(steps);
    expect(decodeSteps('[]')).toEqual([]);
  });

  it('are refused when they are torn', () => {
    expect(() => decodeSteps('build 5')).toThrow('steps');
    expect(() => decodeSteps('[{"step":"build"}]')).toThrow('steps');
  });

  it('have whole milliseconds and names without blanks', () => {
    expect(encodeSteps([{ step: 'a b;c', wallMs: 1.6, cpuMs: -1 }])).toBe('a-b-c 2 0');
    expect(() => encodeSteps([{ step: 'a', wallMs: Number.NaN, cpuMs: 0 }])).toThrow('no time');
  });
});
