import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSite, runCli, type TestSite } from './run.ts';

let site: TestSite;
beforeEach(async () => {
  site = await makeSite('[pkgsrc]\nmake = "/nowhere/bmake"\n');
});
afterEach(() => site.remove());

describe('doctor', () => {
  it('ends with 1 and says what is missing where the configuration names a make that is not there', async () => {
    const { code, stdout } = await runCli(['doctor'], { cwd: site.dir });
    expect(code).toBe(1);
    expect(stdout).toMatch(/MISSING {2}bmake .*\/nowhere\/bmake/);
    expect(stdout).toMatch(/that builds need (is|are) missing/);
  });

  it('never says without a configuration that nothing is missing', async () => {
    const { code, stdout } = await runCli(['doctor'], { cwd: site.bulklog });
    const last = code === 0 ? /^This host can build.*; there is no configuration yet\.$/m : /missing/;
    expect(stdout).toMatch(last);
    expect(stdout).not.toContain('Nothing is missing');
  });
});
