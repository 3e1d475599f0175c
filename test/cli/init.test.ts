import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSite, runCli, type TestSite } from './run.ts';

let site: TestSite;
beforeEach(async () => {
  site = await makeSite();
});
afterEach(() => site.remove());

describe('init', () => {
  it('says what it made and what to do next, and writes a configuration that holds', async () => {
    const dir = join(site.dir, 'content');
    const args = ['init', dir, '--pkgsrc', 'pkgsrc', '--slots', '3'];
    const { code, stdout } = await runCli(args, { cwd: site.dir });
    expect(code).toBe(0);
    expect(stdout).toContain(`made  ${dir}/bulkmesh.toml`);
    expect(stdout).toContain(`bulkmesh -c ${dir}/bulkmesh.toml doctor`);
    const text = await readFile(join(dir, 'bulkmesh.toml'), 'utf8');
    expect(text).toMatch(/^slots = 3$/m);
    expect(text).toContain(`pkgsrc = "${site.dir}/pkgsrc"`);
    const status = await runCli(['status', '-c', join(dir, 'bulkmesh.toml')]);
    expect(status.stderr).toContain('no agent answers');
  });

  it('changes nothing the second time', async () => {
    const dir = join(site.dir, 'content');
    await runCli(['init', dir]);
    const before = await readFile(join(dir, 'bulkmesh.toml'), 'utf8');
    const { code, stdout } = await runCli(['init', dir, '--slots', '9']);
    expect(code).toBe(0);
    expect(stdout).toContain('nothing has been changed');
    expect(await readFile(join(dir, 'bulkmesh.toml'), 'utf8')).toBe(before);
  });

  it('ends with 2 for a place that belongs to the system, and for slots that are no number', async () => {
    const system = await runCli(['init', '/usr']);
    expect([system.code, system.stderr]).toEqual([
      2,
      expect.stringContaining('bulkmesh: /usr belongs to the system'),
    ]);
    const slots = await runCli(['init', join(site.dir, 'x'), '--slots', 'many']);
    expect([slots.code, slots.stderr]).toEqual([2, expect.stringContaining('whole number')]);
  });
});
