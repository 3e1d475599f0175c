import { appendFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCli } from '../cli/run.ts';
import { type ExampleGround, layExample } from './example.ts';
import { listLeftovers, noBuilds, titleOf } from './host.ts';

/** One build with a package that hangs, one that prints without end and one that works in silence. */
describe.skipIf(noBuilds !== undefined)(titleOf('packages that come to no end'), () => {
  let ground: ExampleGround;
  let code: number | null;
  let said: string;

  beforeAll(async () => {
    ground = await layExample({
      slots: 3,
      mkConf: 'EXAMPLE_HANG=yes\nEXAMPLE_FLOOD=yes\nEXAMPLE_FLOOD_MB=20000\nEXAMPLE_SPIN=yes\n',
      // The flood goes on until somebody ends it, however late that looks on a busy machine.
      sections:
        '[limits]\ncpu = 4\n[limits.packages."misc/logflood"]\ncpu = 0\n' +
        '[watchdog]\nsilence_build = 2\nlog_size = 4\n',
    });
    await appendFile(
      join(ground.dir, 'pkgsrc/misc/diskfill/Makefile'),
      '\nDEPENDS+=\thangup>=1.0:../../misc/hangup\n',
    );
    const run = startCli([
      ...['-c', ground.configFile, 'build'],
      ...['misc/diskfill', 'misc/logflood', 'misc/spinner'],
    ]);
    ({ code, stdout: said } = await run.ended);
  }, 300_000);
  afterAll(async () => {
    await ground?.remove();
  });

  const readLog = (path: string): Promise<string> => readFile(join(ground.dir, 'bulklog', path), 'utf8');

  it('are killed when they are silent and idle, tried once more, and recorded as timed out', async () => {
    expect(said.match(/start .*hangup-1\.0/g)).toHaveLength(2);
    expect(said).toMatch(
      /FAILED hangup-1\.0 \(timed out\) in build .*silent and idle for \d+ s .*now hanging/,
    );
    const report = JSON.parse(await readLog('meta/report.json'));
    expect(report.counts).toMatchObject({ timedOut: 1, indirectFailed: 1 });
    expect(report.packages).toContainEqual(
      expect.objectContaining({ pkgname: 'hangup-1.0', class: 'timeout', stage: 'build' }),
    );
    expect(report.packages).toContainEqual(
      expect.objectContaining({ pkgname: 'diskfill-1.0', standing: 'indirect-failed' }),
    );
  });

  it('leave in their notes what their processes were at', async () => {
    expect(await readLog('hangup-1.0/setup.log')).toMatch(/pid \d+ of \d+, S, .*\/hangup\n/);
  });

  it('fail when they print the same line again and again, or too much, with the figures, and their log is bounded', async () => {
    expect(said.match(/start .*logflood-1\.0/g)).toHaveLength(1);
    expect(said).toMatch(
      /FAILED logflood-1\.0 in build .*printed (the same line \d+ times in a row \(limit 100000\)|\d+ MiB in \d+ s)/,
    );
    const { size } = await stat(join(ground.dir, 'bulklog/logflood-1.0/build.log'));
    expect(size).toBeLessThanOrEqual(4 << 20);
  });

  it('are left to themselves while they work, silent or not, until another limit ends them', () => {
    expect(said).toMatch(/FAILED spinner-1\.0 in build .*the limit of 4 s CPU time/);
  });

  it('do not keep a build from its end, and leave nothing on the host', () => {
    expect(code).toBe(1);
    expect(listLeftovers(ground.dir)).toEqual([]);
  });
});
