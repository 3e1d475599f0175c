import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildId } from '../../src/core/ids.ts';
import type { HistoryRow } from '../../src/store/history.ts';
import { openStore } from '../../src/store/open.ts';
import type { OutcomeStatus } from '../../src/store/outcomes.ts';
import { makeSite, runCli, type TestSite } from './run.ts';

const day = 24 * 3_600_000;
const startedAtMs = Date.UTC(2026, 10, 20, 4);

const historyRow = (build: string, pkgname: string, at: number, stage = ''): HistoryRow => ({
  pkgpath: `lang/${pkgname.split('-')[0]}`,
  pkgbase: pkgname.split('-')[0] ?? '',
  build: buildId(build),
  pkgname,
  outcome: stage === '' ? 'built' : 'failed',
  stage,
  endedAtMs: at,
  wallMs: 61_000,
  cpuMs: 120_000,
  diskBytes: 5 * 2 ** 20,
  jobs: 4,
  host: 'one\x1b[31m',
  memoryBytes: 0,
  reason: stage === '' ? '' : 'make all exited with 1',
  steps: [{ step: 'build', wallMs: 50_000, cpuMs: 110_000 }],
});
const outcome = (pkgname: string, status: OutcomeStatus, stage = '') => {
  const { pkgpath, pkgbase, reason } = historyRow('b', pkgname, 0, stage);
  return { pkgpath, pkgbase, pkgname, status, stage, reason };
};
const figures = { built: 2, kept: 1, failed: 1, blocked: 0, masked: 0, open: 0, makespanMs: 1, busyMs: 1 };

let site: TestSite;
beforeAll(async () => {
  site = await makeSite();
  const store = openStore(site.state);
  for (const [index, id] of ['20261120T0400', '20261121T0400', '20261122T0400'].entries()) {
    store.createBuild({
      id: buildId(id),
      startedAtMs: startedAtMs + index * day,
      pkgpaths: index === 1 ? ['lang/perl'] : [],
      configDigest: 'd',
    });
  }
  store.addHistory([
    historyRow('20261120T0400', 'perl-5.36', startedAtMs + 1),
    historyRow('20261120T0400', 'ruby-3.2', startedAtMs + 2, 'build'),
    historyRow('20261122T0400', 'perl-5.38', startedAtMs + 2 * day, 'configure'),
  ]);
  store.saveOutcomes(buildId('20261120T0400'), [
    outcome('perl-5.36', 'built'),
    outcome('ruby-3.2', 'failed', 'build'),
    outcome('lua-5.4', 'failed', 'install'),
  ]);
  store.saveOutcomes(buildId('20261121T0400'), [outcome('perl-5.36', 'built')]);
  store.saveOutcomes(buildId('20261122T0400'), [
    outcome('perl-5.38', 'failed', 'configure'),
    outcome('ruby-3.2', 'built'),
    outcome('lua-5.4', 'failed', 'build'),
  ]);
  store.endBuild(buildId('20261120T0400'), 'complete', startedAtMs + 3_600_000, figures);
  store.endBuild(buildId('20261121T0400'), 'complete', startedAtMs + day + 1000);
  store.endBuild(buildId('20261122T0400'), 'complete', startedAtMs + 2 * day + 60_000, figures);
  store.close();
});
afterAll(() => site.remove());

const run = (...args: string[]) => runCli(args, { cwd: site.dir, env: { TZ: 'UTC' } });

describe('builds', () => {
  it('lists the newest first, with what became of their packages', async () => {
    const { code, stdout } = await run('builds');
    const [head, ...lines] = stdout.trim().split('\n');
    expect(code).toBe(0);
    expect(head).toMatch(/^build +started +took +ended +built +kept +failed/);
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 7).join('|'))).toEqual([
      '20261122T0400|2026-11-22 04:00|1m00s|complete|2|1|1',
      '20261121T0400|2026-11-21 04:00|1s|complete|-|-|-',
      '20261120T0400|2026-11-20 04:00|1h00m|complete|2|1|1',
    ]);
    expect((await run('builds', '-n', '1', '--json')).stdout).toContain('"20261122T0400"');
    expect(await run('builds', '-n', '0')).toMatchObject({ code: 2 });
  });

  it('says so where nothing was ever built', async () => {
    const empty = await makeSite();
    const { code, stderr } = await runCli(['builds'], { cwd: empty.dir });
    expect([code, stderr]).toEqual([2, expect.stringContaining('nothing was built with this config yet')]);
    await empty.remove();
  });
});

describe('history', () => {
  it('shows every build of a package over its versions, the newest first, safe for a terminal', async () => {
    const { code, stdout } = await run('history', 'perl');
    const lines = stdout.trim().split('\n').slice(1);
    expect(code).toBe(0);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/perl-5.38 +failed: configure +1m01s +2m00s +4 +5.0 MB +- +one +20261122T0400$/);
    expect(stdout).not.toContain('\x1b');
  });

  it('shows the last build without words, stages on demand, and takes patterns', async () => {
    expect((await run('history')).stdout).not.toContain('ruby');
    expect((await run('history', '--stages', 'lang/r*')).stdout).toContain('build 50s (1m50s)');
    expect((await run('history', 'perl<5.37')).stdout).not.toContain('5.38');
    expect((await run('history', 'nothing')).stdout).toBe('nothing of it is remembered\n');
    expect(await run('history', '{perl')).toMatchObject({ code: 2 });
  });

  it('gives CSV that it takes in again, once', async () => {
    const { stdout } = await run('history', '--csv', 'ruby');
    const file = join(site.dir, 'times.csv');
    await writeFile(file, `${stdout}torn line\n`);
    const other = await makeSite();
    for (const round of [1, 2]) {
      const { code, stdout: told, stderr } = await runCli(['history', 'import', file], { cwd: other.dir });
      expect([round, code, told]).toEqual([round, 0, `${file}: 1 build of a package taken in\n`]);
      expect(stderr).toContain('line 3 left out: another number of columns');
    }
    const taken = await runCli(['history', 'ruby', '--json'], { cwd: other.dir });
    expect(JSON.parse(taken.stdout)).toMatchObject([{ pkgname: 'ruby-3.2', stage: 'build', wallMs: 61_000 }]);
    await other.remove();
  });

  it("takes in pbulk's pkgtimes from the repository that they lie in", async () => {
    const other = await makeSite();
    await mkdir(join(other.dir, 'packages', 'pkgtimes'), { recursive: true });
    await writeFile(join(other.dir, 'packages', 'pkgtimes', 'mutt-2.2.pkgtime'), '70\n');
    const { stdout } = await runCli(['history', 'import', 'packages'], { cwd: other.dir });
    expect(stdout).toBe('packages: 1 build of a package taken in\n');
    await other.remove();
  });

  it('changes nothing when a file cannot be read', async () => {
    const result = await run('history', 'import', 'bulkmesh.toml');
    expect(result).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('its first line has no timestamp'),
    });
    expect(await run('history', 'import', 'no-such-file')).toMatchObject({ code: 2 });
  });
});

describe('diff', () => {
  it('compares the last build with the one before that was asked for the same', async () => {
    const { code, stdout } = await run('diff');
    expect(code).toBe(1);
    expect(stdout).toContain('from 20261120T0400');
    expect(stdout).toContain('1 new failure, 1 fixed');
    const lines = stdout.trim().split('\n').slice(4);
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 4).join('|'))).toEqual([
      '+|perl-5.36 -> perl-5.38|built|failed: configure',
      '-|ruby-3.2|failed: build|built',
      '~|lua-5.4|failed: install|failed: build',
    ]);
  });

  it('takes shortened names, and says what is wrong with others', async () => {
    expect((await run('diff', '20261121', '20261120')).stdout).toContain('to 20261120T0400');
    expect(await run('diff', '2026')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"2026" means 3 builds'),
    });
    expect(await run('diff', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining('no build') });
  });
});
