import { existsSync, readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readBobHistory } from '../../../src/pkgsrc/times/bobhistory.ts';

const head = 'timestamp,pkgpath,pkgname,outcome,stage,make_jobs,duration,disk_usage,build,cpu:build';
const read = (...lines: readonly string[]) => readBobHistory([head, ...lines].join('\n'), 'history.csv');
const recorded = '../shared/data/history-bulk-large.zst';

describe('the history of bob', () => {
  it('gives times, stages and outcome of each line', () => {
    const { times, bad } = read(
      '1772302376,mail/mutt,mutt-2.2.16nb1,success,-,4,126187,40790933,28279,94471',
      '1772302377,lang/rust,rust-1.90,failed,build,-,5,-,4,-',
    );
    expect(bad).toEqual([]);
    expect(times).toEqual([
      {
        pkgpath: 'mail/mutt',
        pkgname: 'mutt-2.2.16nb1',
        outcome: 'built',
        stage: '',
        endedAtMs: 1_772_302_376_000,
        wallMs: 126_187,
        cpuMs: 94_471,
        diskBytes: 40_790_933,
        jobs: 4,
        steps: [{ step: 'build', wallMs: 28_279, cpuMs: 94_471 }],
      },
      {
        pkgpath: 'lang/rust',
        pkgname: 'rust-1.90',
        outcome: 'failed',
        stage: 'build',
        endedAtMs: 1_772_302_377_000,
        wallMs: 5,
        cpuMs: 0,
        diskBytes: 0,
        jobs: 0,
        steps: [{ step: 'build', wallMs: 4, cpuMs: 0 }],
      },
    ]);
  });

  it('leaves out lines that make no sense, and says which', () => {
    const { times, bad } = read(
      '1,../x,a-1,success,-,1,1,1,1,1',
      '1,cat/a,../a,success,-,1,1,1,1,1',
      'soon,cat/a,a-1,success,-,1,1,1,1,1',
      '1,cat/a,a-1,success',
      '',
      '1,cat/a,a-1,success,-,1,1,1,1,1',
    );
    expect(times).toHaveLength(1);
    expect(bad.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
  });

  it('is refused when it is no such file', () => {
    expect(() => readBobHistory('\x7fELF', 'x')).toThrow('its first line has no timestamp');
  });

  it.skipIf(!existsSync(recorded))('of a real build is read whole (needs ../shared/data)', () => {
    const { times, bad } = readBobHistory(
      zstdDecompressSync(readFileSync(recorded)).toString('utf8'),
      recorded,
    );
    expect(bad).toEqual([]);
    expect(times).toHaveLength(1669);
    expect(times.filter(({ outcome }) => outcome === 'built').length).toBeGreaterThan(1600);
  });
});
