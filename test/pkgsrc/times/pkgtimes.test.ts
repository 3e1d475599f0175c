import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasPkgTimes, readPkgTimes } from '../../../src/pkgsrc/times/pkgtimes.ts';

describe("pbulk's pkgtimes", () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'bulkmesh-test-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('give seconds and the day of each package', async () => {
    writeFileSync(join(dir, 'mutt-2.2.pkgtime'), '126\n');
    utimesSync(join(dir, 'mutt-2.2.pkgtime'), 1000, 1000);
    writeFileSync(join(dir, 'notes.txt'), 'no');
    const { times, bad } = await readPkgTimes(dir);
    expect(bad).toEqual([]);
    expect(times).toMatchObject([
      { pkgpath: '', pkgname: 'mutt-2.2', wallMs: 126_000, endedAtMs: 1_000_000, outcome: 'built' },
    ]);
    expect(await hasPkgTimes(dir)).toBe(true);
  });

  it('that hold no number are told and left out', async () => {
    writeFileSync(join(dir, 'mutt-2.2.pkgtime'), 'soon\n');
    writeFileSync(join(dir, 'mutt.pkgtime'), '5\n');
    const { times, bad } = await readPkgTimes(dir);
    expect(times).toEqual([]);
    expect(bad.map(({ reason }) => reason)).toEqual([
      'mutt-2.2.pkgtime: not one number',
      'mutt.pkgtime: not named after a package',
    ]);
  });
});
