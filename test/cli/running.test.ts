import { describe, expect, it } from 'vitest';
import type { Report } from '../../cli/report.ts';
import { describeAge } from '../../cli/running.ts';

describe('an answer that a running build has not given', () => {
  const age = (reported: string | undefined): string => {
    const rest = { packages: [], failed: [], scanFailures: [], comparison: undefined };
    const report: Report | undefined = reported === undefined ? undefined : { build: reported, ...rest };
    return describeAge({ build: 'b2', startedAtMs: 0 }, report);
  };

  it('is of the last build, of this one before it was stopped, or of none', () => {
    expect(age('b1')).toBe('build b2 is going on, and this is of the last build that ended');
    expect(age('b2')).toBe('build b2 is going on, and this is how it stood when it was last stopped');
    expect(age(undefined)).toBe('build b2 is going on, and has no log of this yet');
  });
});
