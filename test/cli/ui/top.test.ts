import { describe, expect, it } from 'vitest';
import { renderHosts } from '../../../cli/ui/hosts.ts';
import { readKeys, scrollBy } from '../../../cli/ui/keys.ts';
import { createRate } from '../../../cli/ui/rate.ts';
import { measureText } from '../../../cli/ui/text.ts';
import { renderTop } from '../../../cli/ui/top.ts';
import { makeMesh } from '../../agent/view/pictures.ts';
import { ascii, bare, noonMs } from './samples.ts';

const picture = { mesh: makeMesh(), rates: new Map([['20261123T104800Z-abc123', 42.4]]), trouble: undefined };

describe('top', () => {
  it('shows builds, hosts and what runs on all of them, the longest first', () => {
    const { lines } = renderTop({ ...picture, first: 0 }, { ...bare, width: 100, rows: 24 }, noonMs);
    expect(lines).toHaveLength(24);
    expect(lines.map((line) => line.trimEnd())).toMatchInlineSnapshot(`
      [
        "mesh m1: 2 of 4 hosts up, 2 of 3 slots run, coordinator alpha                               12:00:00",
        "",
        "building  20261123T104800Z-abc123                                                             12m00s",
        "━━━━━━━━━━━━━━━━━━━━━━━━━━━━────────────────────────────────  47%  14/30  ends ~12:31, in 31m",
        "11 built  1 failed  2 blocked  2 running  4 ready  10 waiting  2 not to build",
        "42 packages an hour",
        "",
        "host             state         slots  speed     load  disk",
        "alpha *          up              1/2   1.50    3.3/4   31%  3 packages left, each needs one that is…",
        "beta             up              1/1   1.50    3.3/4   31%",
        "gamma            dead         connection refused",
        "192.0.2.9:28550  unreachable  no answer",
        "",
        "alpha:build-1  perl-5.36.0nb1                                    build             3m12s  -j4",
        "beta:build-1   gawk-5.3                                          configure         1m00s  -j4",
        "",
        "beta: another kit: bbb, here aaa; give both the same one",
        "",
        "",
        "",
        "",
        "",
        "",
        "q quit  ↑ ↓ PgUp PgDn scroll",
      ]
    `);
  });

  it('fits any terminal, and scrolls to the last line of its list', () => {
    for (const [width, rows] of [
      [20, 8],
      [60, 14],
      [200, 60],
    ] as const) {
      const size = { ...ascii, width, rows };
      const { lines, listed, room } = renderTop({ ...picture, first: 0 }, size, noonMs);
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect(measureText(line)).toBeLessThanOrEqual(width);
      const last = scrollBy('bottom', 0, listed, room);
      const end = renderTop({ ...picture, first: last }, size, noonMs).lines.join('\n');
      if (rows > 12) expect(end).toContain('kit');
    }
  });

  it('says that the agent is gone, and how old the picture is', () => {
    const { lines } = renderTop(
      { ...picture, trouble: 'no agent answers', first: 0 },
      { ...bare, width: 100, rows: 24 },
      noonMs + 60_000,
    );
    expect(lines[0]).toMatch(/^no agent answers; as it was at 12:00:00: mesh m1/);
  });
});

it('hosts are listed with what they do and why they do nothing; times of another clock are put right', () => {
  const lines = renderHosts(makeMesh(), bare, noonMs);
  const short = (line: string): string =>
    line.trimEnd().replace('each needs one that is not built yet', '...');
  expect(lines.map(short)).toMatchInlineSnapshot(`
    [
      "host             state        since  slots  speed   load    disk free  doing",
      "alpha *          up           1h00m    1/2   1.50  3.3/4  31 GB (31%)  perl-5.36.0nb1 3m12s; 3 packages left, ...",
      "beta             up           1h00m    1/1   1.50  3.3/4  31 GB (31%)  gawk-5.3 1m00s",
      "gamma            dead         2m00s      -      -      -            -  connection refused",
      "192.0.2.9:28550  unreachable      -      -      -      -            -  no answer",
      "beta: another kit: bbb, here aaa; give both the same one",
    ]
  `);
});

it('keys are read in what a terminal sends at a time, and scrolling stops at both ends', () => {
  expect(readKeys('\x1b[A\x1bOBj\x1b[6~x\x1b\x1b[5~q')).toEqual([
    ...['up', 'down', 'down', 'pageDown', 'pageUp', 'quit'],
  ]);
  expect(scrollBy('pageDown', 0, 30, 10)).toBe(9);
  expect(scrollBy('pageDown', 18, 30, 10)).toBe(20);
  expect(scrollBy('up', 0, 30, 10)).toBe(0);
  expect(scrollBy('bottom', 0, 5, 10)).toBe(0);
});

it('a rate is of the last ten minutes, and begins anew with another build', () => {
  const rate = createRate();
  rate.note(100, 0);
  expect(rate.perHour()).toBeUndefined();
  rate.note(110, 60_000);
  expect(rate.perHour()).toBe(600);
  rate.note(111, 660_000);
  expect(rate.perHour()).toBe(6);
  rate.note(3, 700_000);
  expect(rate.perHour()).toBeUndefined();
});
