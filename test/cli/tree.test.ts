import { mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeAgent } from './fake-agent.ts';
import { makeSite, runCli, type TestSite } from './run.ts';
import { building } from './ui/samples.ts';

const commit = '0123456789abcdef0123456789abcdef01234567';
let site: TestSite;
beforeEach(async () => {
  site = await makeSite('[tree]\nurl = "file:///nonexistent/pkgsrc.git"\n');
});
afterEach(() => site.remove());

const layTree = (): void => {
  mkdirSync(join(site.dir, 'pkgsrc/.git'));
  writeFileSync(join(site.dir, 'pkgsrc/.git/HEAD'), `${commit}\n`);
};

describe('tree', () => {
  it('takes what is there without touching it, and says what it is', async () => {
    writeFileSync(join(site.dir, 'pkgsrc/README'), '');
    const taken = await runCli(['tree'], { cwd: site.dir });
    expect(taken).toMatchObject({ code: 0, stdout: expect.stringContaining('no checkout of git or CVS') });
    layTree();
    const told = await runCli(['tree', '--revision', '--json'], { cwd: site.dir });
    expect(JSON.parse(told.stdout)).toMatchObject({ revision: { kind: 'git', commit } });
  });

  it('says of a place without a tree that there is none, also where the directory is missing', async () => {
    await rm(join(site.dir, 'pkgsrc'), { recursive: true });
    const told = await runCli(['tree', '--revision'], { cwd: site.dir });
    expect(told).toMatchObject({ code: 0, stdout: expect.stringContaining('no checkout') });
    const failed = await runCli(['tree'], { cwd: site.dir });
    expect([failed.code, failed.stderr]).toEqual([2, expect.stringContaining('cannot clone trunk of')]);
  });

  it('does nothing while a build runs', async () => {
    const agent = await startFakeAgent(site.state, { snapshot: building });
    try {
      const { code, stderr } = await runCli(['tree'], { cwd: site.dir });
      expect([code, stderr]).toEqual([2, expect.stringContaining('uses')]);
      layTree();
      expect((await runCli(['tree', '--revision'], { cwd: site.dir })).code).toBe(0);
    } finally {
      await agent.close();
    }
  });

  it('takes only a number for the depth', async () => {
    const { code, stderr } = await runCli(['tree', '--depth', 'deep'], { cwd: site.dir });
    expect([code, stderr]).toEqual([2, expect.stringContaining('whole number')]);
  });
});
