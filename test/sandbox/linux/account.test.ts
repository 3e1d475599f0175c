import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countIds, listMap, readRanges } from '../../../src/sandbox/linux/account.ts';
import * as host from '../support/host.ts';

describe('the ids that a host sets aside for an account', () => {
  let dir: string;
  beforeEach(() => {
    dir = host.makeTempDir();
  });
  afterEach(() => host.removeTempDir(dir));

  it('are those of its name and of its number; lines that are none count nothing', () => {
    const file = join(dir, 'subuid');
    writeFileSync(
      file,
      'me:100000:65536\nother:200000:65536\n1000:400000:10\n\n# me:1:1\nme:0:5\nme:7:0\nme:-1:5\nme:1:2:3\nme:99999999999:1\nme',
    );
    expect(readRanges(file, ['me', '1000'])).toEqual([
      { start: 100_000, count: 65_536 },
      { start: 400_000, count: 10 },
    ]);
    expect(readRanges(join(dir, 'nonesuch'), ['me'])).toEqual([]);
  });

  it('follow the account itself, which is root inside, without a gap', () => {
    const ranges = [
      { start: 100_000, count: 65_536 },
      { start: 400_000, count: 10 },
    ];
    expect(listMap(1000, ranges)).toEqual([
      [0, 1000, 1],
      [1, 100_000, 65_536],
      [65_537, 400_000, 10],
    ]);
    expect(countIds(ranges)).toBe(65_547);
    expect(listMap(1000, [])).toEqual([[0, 1000, 1]]);
  });
});
