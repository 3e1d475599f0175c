import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, startCli } from '../cli/run.ts';
import { type ExampleGround, layExample } from './example.ts';
import { listLeftovers, noBuilds, titleOf } from './host.ts';

/** One repository through several builds: each step stands on the ones before it. */
describe.skipIf(noBuilds !== undefined)(titleOf('builds after the first one'), () => {
  let ground: ExampleGround;
  let all: readonly string[];
  beforeAll(async () => {
    ground = await layExample({ slots: 2 });
    const { stdout, stderr } = await run('build', 'textproc/tmpl', 'broken/fail-build');
    all = listBuilt(stdout);
    expect(all, stdout + stderr).toHaveLength(6);
  }, 300_000);
  afterAll(() => ground.remove());

  const run = (...words: readonly string[]): Promise<CliResult> =>
    startCli(['-c', ground.configFile, ...words]).ended;
  const build = (): Promise<CliResult> => run('build', 'textproc/tmpl', 'broken/fail-build');
  const why = async (word: string): Promise<string> => (await run('why', word)).stdout;

  it('keep what was made from what the tree holds, and try again what failed', async () => {
    const { stdout, code } = await build();
    expect(listStarted(stdout)).toEqual(['fail-build-1.0']);
    expect(stdout).toMatch(new RegExp(`0 of \\d+ packages built, ${all.length} kept, .*1 failed`));
    expect(code).toBe(1);
    expect(await why('tmpl')).toContain('was kept');
    expect(await why('fail-build')).toMatch(/failed in build: [\s\S]*log: .*fail-build-1.0\/build.log/);
  });

  it('say that everything is up to date when it is', async () => {
    const { stdout, code } = await run('build', 'textproc/tmpl');
    expect({ code, started: listStarted(stdout) }).toEqual({ code: 0, started: [] });
    expect(stdout).toContain('everything is up to date');
  });

  it('build what a changed file is part of, with all that needs it and nothing else, and tell the chain', async () => {
    await appendFile(join(ground.dir, 'pkgsrc/textproc/libtmpl/DESCR'), 'More.\n');
    const { stdout } = await run('build', 'textproc/tmpl');
    expect(listBuilt(stdout)).toEqual(['libtmpl', 'tmpl'].map((base) => fullName(all, base)));
    expect(await why('tmpl')).toMatch(
      /because libtmpl-\S+ is built again\n\s+because textproc\/libtmpl\/DESCR changed/,
    );
  });

  it('see a file that is new', async () => {
    const { dir } = ground;
    await writeFile(join(dir, 'pkgsrc/textproc/tmpl/extra.txt'), 'new\n');
    const { stdout } = await run('build', 'textproc/tmpl');
    expect(listBuilt(stdout)).toEqual([fullName(all, 'tmpl')]);
    expect(await why('tmpl')).toContain('textproc/tmpl/extra.txt was added');
  });

  it('build a package again on a word, with its cone, or alone and the cone the next time', async () => {
    const cone = ['libtmpl', 'tmpl'].map((base) => fullName(all, base));
    expect(listBuilt((await run('rebuild', 'libtmpl')).stdout)).toEqual(cone);
    const only = await run('rebuild', 'textproc/libtmpl', '--only');
    expect(listBuilt(only.stdout)).toEqual(cone.slice(0, 1));
    expect(only.stdout).toMatch(/1 packages were built with what is built again/);
    expect(listBuilt((await run('build', 'textproc/tmpl')).stdout)).toEqual(cone.slice(1));
    expect(await why('tmpl')).toMatch(/it was built with an earlier libtmpl/);
    // The builds since then did not have it.
    expect((await run('why', 'tmpl', 'fail-build')).stdout).toMatch(
      /tmpl-\S+ .*was built[\s\S]*\nIn build .*\nfail-build-1.0 .*failed in build/,
    );
  });

  it('build again all that failed, and name what may be meant', async () => {
    await build();
    const report = () => readFile(join(ground.dir, 'bulklog/meta/report.json'), 'utf8');
    const ofBuild = await report();
    const again = await run('rebuild', '-a');
    expect(listStarted(again.stdout)).toEqual(['fail-build-1.0']);
    // The report of a long build is not lost for that of one package.
    expect(await report()).toBe(ofBuild);
    expect(again.stdout).toContain(join(ground.dir, 'bulklog/rebuild/report.html'));
    const unknown = await run('rebuild', 'libtmp');
    expect({ code: unknown.code, stderr: unknown.stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('perhaps libtmpl?'),
    });
    await run('build', 'textproc/tmpl');
    const none = await run('rebuild', '-a');
    expect({ code: none.code, stdout: none.stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('no package failed'),
    });
  });

  it('build everything when asked to', async () => {
    const { stdout } = await run('build', 'textproc/tmpl', '--rebuild-all');
    expect(listBuilt(stdout)).toEqual(all);
    expect(await why('tmpl')).toContain('it was asked for');
    expect(listLeftovers(ground.dir)).toEqual([]);
    expect(await readdir(join(ground.dir, 'packages'))).toContain('.bulkmesh');
  });
});

const listStarted = (stdout: string): string[] =>
  [...stdout.matchAll(/start {2}(\S+)/g)].map(([, name]) => name ?? '').sort();

const listBuilt = (stdout: string): string[] =>
  [...stdout.matchAll(/built {2}(\S+)/g)].map(([, name]) => name ?? '').sort();

const fullName = (names: readonly string[], base: string): string =>
  names.find((name) => name.slice(0, name.lastIndexOf('-')) === base) ?? base;
