import { expect, it } from 'vitest';
import { describeSpread } from '../../../bench/failover/samples.ts';

it('a spread names times that were measured, in whatever order they came, and is empty of none', () => {
  const times = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(describeSpread(times)).toEqual({ count: 200, p50: 100, p99: 198, max: 200 });
  expect(describeSpread([7.04])).toEqual({ count: 1, p50: 7, p99: 7, max: 7 });
  expect(describeSpread([])).toEqual({ count: 0, p50: 0, p99: 0, max: 0 });
});
