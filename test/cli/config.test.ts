import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCli } from './run.ts';

describe('bulkmesh config', () => {
  let dir = '';
  const run = (...args: string[]) => startCli(args).ended;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bulkmesh-config-'));
    await mkdir(join(dir, 'pkgsrc'));
    await writeFile(join(dir, 'good.toml'), '[build]\nslots = 3\n');
    await writeFile(join(dir, 'bad.toml'), '[build]\nslots = 0\n[paths]\npkgsrc = "gone"\n');
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('check says OK, or every problem with its line', async () => {
    const good = await run('config', 'check', '-c', join(dir, 'good.toml'));
    expect(good).toEqual({ code: 0, stdout: `OK  ${dir}/good.toml\n`, stderr: '' });
    const bad = await run('-c', join(dir, 'bad.toml'), 'config', 'check');
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain(`${dir}/bad.toml:2: build.slots: 0 is out of range`);
    expect(bad.stderr).toContain(`${dir}/bad.toml:4: paths.pkgsrc: ${dir}/gone does not exist`);
  });

  it('show prints what holds, for people and as JSON', async () => {
    const { stdout } = await run('-c', join(dir, 'good.toml'), 'config', 'show');
    expect(stdout).toContain(`pkgsrc = "${dir}/pkgsrc"\n`);
    expect(stdout).toContain('slots = 3\n');
    const json = await run('config', 'show', '--json', '-c', join(dir, 'good.toml'));
    expect(JSON.parse(json.stdout)).toMatchObject({ build: { slots: 3, fetchTries: 3 } });
  });
});
