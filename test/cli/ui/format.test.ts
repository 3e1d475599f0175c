import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatEnd,
  formatEstimate,
  formatNumberOf,
  formatPercent,
} from '../../../cli/ui/format.ts';
import { noonMs } from './samples.ts';

describe('durations', () => {
  it.each([
    [-5, '0.0s'],
    [420, '0.4s'],
    [999, '1s'],
    [12_400, '12s'],
    [59_700, '1m00s'],
    [192_000, '3m12s'],
    [3_599_800, '1h00m'],
    [3_840_000, '1h04m'],
    [86_400_000, '1d00h'],
    [183_600_000, '2d03h'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [1536, '1.5 KB'],
    [20 * 2 ** 20, '20 MB'],
    [1023 * 2 ** 20, '1.0 GB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('counts', () => {
  it('have separators and the right number', () => {
    expect(formatCount(29022)).toBe('29,022');
    expect(formatNumberOf(1, 'package')).toBe('1 package');
    expect(formatNumberOf(0, 'package')).toBe('0 packages');
  });

  it('as percentages say 100 only at the end, and 0 only at the start', () => {
    expect(formatPercent(29_021, 29_022)).toBe('99%');
    expect(formatPercent(1, 29_022)).toBe('1%');
    expect(formatPercent(0, 0)).toBe('0%');
    expect(formatPercent(5, 5)).toBe('100%');
  });
});

describe('a predicted end', () => {
  it('is not more exact than a guess can be', () => {
    expect([40_000, 31 * 60_000 + 7000, 3_840_000].map(formatEstimate)).toEqual(['40s', '31m', '1h04m']);
  });

  it('names the day when it is not today', () => {
    expect(formatEnd(noonMs + 3_600_000, noonMs)).toBe('13:00');
    expect(formatEnd(noonMs + 86_400_000, noonMs)).toBe('Tue 12:00');
  });
});
