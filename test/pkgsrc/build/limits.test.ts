import { describe, expect, it } from 'vitest';
import { findLimit } from '../../../src/pkgsrc/build/limits.ts';
import { policy } from './fixture.ts';

const limits = { ...policy().limits, cpuSeconds: 3600, fileSizeMiB: 100 };

describe('the limit that ended a package', () => {
  it.each([
    ['/bin/sh: line 1: 123 CPU time limit exceeded  ./spin', 'the limit of 3600 s CPU time'],
    [
      'cc1: internal compiler error: CPU time limit exceeded signal terminated program',
      'the limit of 3600 s CPU time',
    ],
    ['*** Signal 24\n\nStop.', 'the limit of 3600 s CPU time'],
    ['*** Error code 152\n\nStop.', 'the limit of 3600 s CPU time'],
    ['make: *** [all] Error 152', 'the limit of 3600 s CPU time'],
    ['File size limit exceeded', 'the limit of 100 MiB for a file'],
    ['ld: final link failed: File too large', 'the limit of 100 MiB for a file'],
  ])('is known by the words of %j', (tail, said) => {
    expect(findLimit(tail, limits)).toBe(said);
  });

  it('is none where none was set, and none for other ends', () => {
    expect(findLimit('CPU time limit exceeded', policy().limits)).toBeUndefined();
    expect(findLimit('*** Error code 1\n*** Signal 11\nerror 1524 in line 24', limits)).toBeUndefined();
  });
});
