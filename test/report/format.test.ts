import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatDuration,
  formatMinute,
  formatPlural,
  formatShare,
  formatStartDir,
} from '../../src/report/format.ts';

describe('times, sizes and shares in a report', () => {
  it('shows a duration with as many digits as a reader uses', () => {
    const shown = [0, 420, 9_949, 9_950, 59_499, 59_600, 3_599_600, 7_380_000, 86_399_000, 100_800_000];
    expect(shown.map(formatDuration)).toEqual([
      '0.0s',
      '0.4s',
      '9.9s',
      '10s',
      '59s',
      '1m 00s',
      '1h 00m',
      '2h 03m',
      '1d 00h',
      '1d 04h',
    ]);
  });

  it('writes times the way that readers of pbulk reports parse them, in UTC', () => {
    const ms = Date.UTC(2026, 1, 8, 3, 4, 59);
    expect(formatMinute(ms)).toBe('2026-02-08 03:04');
    expect(formatStartDir(ms)).toBe('20260208.0304');
  });

  it('shows sizes in binary units, shares without a false zero, and nouns in number', () => {
    expect([0, 1_023, 1_536, 5_368_709_120].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.5 KiB',
      '5.0 GiB',
    ]);
    expect([formatShare(0, 10), formatShare(1, 1_000), formatShare(1, 3), formatShare(1, 0)]).toEqual([
      '0 %',
      '< 1 %',
      '33 %',
      '0 %',
    ]);
    expect([formatPlural(1, 'package'), formatPlural(29_022, 'package')]).toEqual([
      '1 package',
      '29,022 packages',
    ]);
  });
});
