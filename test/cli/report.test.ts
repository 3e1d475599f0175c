import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderJson } from '../../src/report/json.ts';
import { everyStanding, makeView } from '../report/fixture.ts';
import { previousBuild } from '../report/html/trees.ts';
import { makeSite, runCli, type TestSite } from './run.ts';

describe('report --diff', () => {
  let site: TestSite;
  beforeAll(async () => {
    site = await makeSite();
  });
  afterAll(() => site.remove());

  const run = (...args: string[]) => runCli(['report', ...args], { cwd: site.dir });
  const write = (changes: Partial<ReturnType<typeof everyStanding>>): Promise<void> => {
    const text = [...renderJson(makeView({ ...everyStanding(), ...changes }))].join('');
    return writeFile(join(site.bulklog, 'meta', 'report.json'), text);
  };

  it('says that there is no report before the first build', async () => {
    expect(await run('--diff')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no report'),
    });
  });

  it('names new failures, fixed packages, and those that fail in another stage, with the build before', async () => {
    await write({ previous: previousBuild });
    expect((await run('--diff')).stdout).toBe(
      [
        'build 20260228T002107Z-abc123 since 20260227T000001Z-aaa111, which ended at 2026-02-27 05:00 UTC:',
        '1 failing now, 1 fixed, 1 still failing, 0 failing at the first try',
        '+ cairo-1.18.4 in configure: configure: error: pixman >= 0.36 is missing',
        '- zlib-1.3.1, which failed in configure',
        '~ py312-fuse-1.0 in checksum, before in build: fetch: no space left',
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await run('--diff', '--json')).stdout)).toMatchObject({
      build: '20260227T000001Z-aaa111',
      newFailures: [{ pkgname: 'cairo-1.18.4' }],
      gone: [{ pkgname: 'gone-1' }],
    });
  });

  it('says so when there is no build to compare with', async () => {
    await write({ previous: undefined });
    expect(await run('--diff')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has no earlier one to be compared with'),
    });
  });
});
