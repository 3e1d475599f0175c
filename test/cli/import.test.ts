import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { confinedTitle, noConfinement } from '../pkgsrc/pbulkconf/support.ts';
import { startCli } from './run.ts';

describe.skipIf(noConfinement !== undefined)(confinedTitle('bulkmesh import'), () => {
  let dir = '';
  let conf = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bulkmesh-import-'));
    conf = join(dir, 'pbulk.conf');
    await mkdir(join(dir, 'pkgsrc'));
    const text = `pkgsrc=${dir}/pkgsrc\nbulklog=${dir}/log\nmaster_ip=10.0.0.1\nbuild_chroots=$((1 + 2))\n`;
    await writeFile(conf, text);
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const run = (...args: string[]) => startCli(args).ended;

  it('prints a configuration that loads, and remarks on standard error', async () => {
    const { code, stdout, stderr } = await run('import', conf);
    expect(code).toBe(0);
    expect(stderr).toContain('master_ip: no master: agents find each other\n');
    expect(stderr).toContain(`paths.state: pbulk has no such thing: ${dir}/log.bulkmesh is taken`);
    await writeFile(join(dir, 'bulkmesh.toml'), stdout);
    const config = await loadConfig(join(dir, 'bulkmesh.toml'));
    expect([config.build.slots, config.paths.bulklog]).toEqual([3, join(dir, 'log')]);
  });

  it('writes to a new file, and never over one', async () => {
    const file = join(dir, 'made.toml');
    expect(await run('import', conf, '-o', file)).toMatchObject({ code: 0, stdout: '' });
    const text = await readFile(file, 'utf8');
    expect(await run('import', conf, '-o', file)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot be written'),
    });
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('names what has to be changed before anything can be built, and ends with 1', async () => {
    await writeFile(conf, `pkgsrc=${dir}/gone\nunprivileged_user=root\ncross_compile=yes\n`);
    const { code, stderr } = await run('import', conf);
    expect(code).toBe(1);
    expect(stderr).toContain('TO CHANGE: cross_compile: ');
    expect(stderr).toContain(`TO CHANGE: pkgsrc: ${dir}/gone does not exist`);
    expect(stderr).toContain('TO CHANGE: unprivileged_user: builds never run as root');
  });

  it('runs nothing of a file that is not there or has a syntax error, and ends with 2', async () => {
    expect(await run('import', join(dir, 'none'))).toMatchObject({ code: 2 });
    await writeFile(conf, `touch ${dir}/was-here\nif\n`);
    const { code, stderr } = await run('import', conf);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^bulkmesh: \S+pbulk\.conf:\d+: .*yntax error/m);
    expect(existsSync(join(dir, 'was-here'))).toBe(false);
  });

  it('is not needed for other commands: they take the file itself', async () => {
    const status = await run('--pbulk-conf', conf, 'status');
    expect(status).toMatchObject({ code: 2, stderr: expect.stringContaining(`${dir}/log.bulkmesh`) });
    const twice = await run('status', '--pbulk-conf', conf, '-c', conf);
    expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining('both name a configuration') });
  });

  it('is asked for the cross-compiling that is not done, and builds nothing in its place', async () => {
    await writeFile(conf, `pkgsrc=${dir}/pkgsrc\nbulklog=${dir}/log\ncross_compile=yes\n`);
    const { code, stderr } = await run('--pbulk-conf', conf, 'build');
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('does not cross-compile'),
    });
    expect(existsSync(join(dir, 'log.bulkmesh'))).toBe(false);
  });
});
