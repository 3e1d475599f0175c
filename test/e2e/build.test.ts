import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type CliResult, startCli } from '../cli/run.ts';
import { type ExampleGround, type ExampleOptions, layExample } from './example.ts';
import { listLeftovers, noBuilds, titleOf } from './host.ts';

interface Expected {
  readonly notForPublication: readonly string[];
  readonly packages: Readonly<
    Record<string, { readonly outcome: string; readonly stage?: string; readonly of?: string }>
  >;
}
const expected: Expected = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../examples/tree/expected.json'), 'utf8'),
);
const built = Object.entries(expected.packages)
  .filter(([, { outcome }]) => outcome === 'built')
  .map(([name]) => name)
  .sort();

describe.skipIf(noBuilds !== undefined)(titleOf('a bulk build on one host'), () => {
  const grounds: ExampleGround[] = [];
  const lay = async (options: ExampleOptions): Promise<ExampleGround> => {
    const ground = await layExample(options);
    grounds.push(ground);
    return ground;
  };

  afterEach(async () => {
    for (const ground of grounds.splice(0)) await ground.remove();
  });

  it('ends every package of the example tree as its table says, reports it, and leaves nothing on the host', async () => {
    const ground = await lay({ slots: 4 });
    // What pbulk takes for its state, and dies of when a name is unknown, is written here and never read.
    const meta = join(ground.dir, 'bulklog/meta');
    await mkdir(meta, { recursive: true });
    for (const name of ['success', 'error', 'presolve']) await writeFile(join(meta, name), 'nobody-1.0\n');
    const { code, stdout } = await build(ground);
    expect({ code, tail: code === 1 ? '' : stdout }).toEqual({ code: 1, tail: '' });
    expect(await readOutcomes(ground)).toEqual(expectedOutcomes());
    expect(await listPackages(ground)).toEqual(built.map((name) => `${name}.tgz`));
    expect(await readMeta(ground, 'success')).toEqual(built);
    expect((await readMeta(ground, 'error')).length).toBe(9);
    const summary = gunzipSync(await readFile(join(ground.dir, 'packages/All/pkg_summary.gz'))).toString();
    const offered = [...summary.matchAll(/^PKGNAME=(.*)$/gm)].map(([, name]) => name ?? '');
    expect(offered.sort()).toEqual(built.filter((name) => !expected.notForPublication.includes(name)));
    expect(await readdir(join(ground.dir, 'bulklog/fail-build-1.0'))).toContain('build.log');
    expect(listLeftovers(ground.dir)).toEqual([]);
  });

  it('goes on after kill -9 with what was finished, and loses nothing that was reported as built', async () => {
    const ground = await lay({ slots: 2 });
    const some = ['misc/bookshelf', 'net/almanac', 'broken/after-fail-build'];
    const first = startCli(['-c', ground.configFile, 'build', ...some]);
    await first.waitFor(/built {2}libvec/);
    first.child.kill('SIGKILL');
    const killed = await first.ended;
    const done = listEnded(killed.stdout);
    expect(done.length).toBeGreaterThan(0);

    const second = await build(ground, ...some);
    expect(second.stdout).toContain('Going on with build');
    expect(listStarted(second.stdout).filter((name) => done.includes(name))).toEqual([]);
    const outcomes = await readOutcomes(ground);
    expect(expectedOutcomes()).toMatchObject(outcomes);
    expect(Object.values(outcomes)).toContain('failed build');
    const good = built.filter((name) => outcomes[name] !== undefined);
    expect(good).toEqual(expect.arrayContaining(['bookshelf-1.0', 'almanac-1.0']));
    expect(await listPackages(ground)).toEqual(good.map((name) => `${name}.tgz`));
    expect(listLeftovers(ground.dir)).toEqual([]);
  });

  it('lets what runs finish at the first Ctrl-C, leaves nothing, and goes on at the next build', async () => {
    const ground = await lay({ slots: 2 });
    const first = startCli(['-c', ground.configFile, 'build', 'misc/bookshelf']);
    await first.waitFor(/start .*libvec/);
    first.child.kill('SIGINT');
    const stopped = await first.ended;
    expect(stopped.code).toBe(130);
    expect(listStarted(stopped.stdout).filter((name) => !listEnded(stopped.stdout).includes(name))).toEqual(
      [],
    );
    expect(listLeftovers(ground.dir)).toEqual([]);
    const second = await build(ground, 'misc/bookshelf');
    expect(second.code).toBe(0);
    expect(await listPackages(ground)).toContain('bookshelf-1.0.tgz');
  });

  it('stops what runs at the second Ctrl-C, blames no package for it, and leaves nothing', async () => {
    const ground = await lay({ slots: 2, mkConf: 'EXAMPLE_HANG=yes\n' });
    const first = startCli(['-c', ground.configFile, 'build', 'misc/hangup']);
    await Promise.race([first.waitFor(/start .*hangup/), first.ended]);
    first.child.kill('SIGINT');
    await first.waitFor(/again|second/);
    first.child.kill('SIGINT');
    const stopped = await first.ended;
    expect({ code: stopped.code, failed: /FAILED/.test(stopped.stdout) }).toEqual({
      code: 130,
      failed: false,
    });
    expect(listLeftovers(ground.dir)).toEqual([]);
  });

  it('kills the daemon that a package leaves behind', async () => {
    const ground = await lay({ slots: 1, mkConf: 'EXAMPLE_DAEMON=yes\n' });
    expect((await build(ground, 'net/sleepd')).code).toBe(0);
    expect(listLeftovers(ground.dir)).toEqual([]);
  });

  it.each([
    ['a PKGPATH that is not there', ['misc/nothing'], async () => {}, /misc\/nothing/],
    [
      'a kit that is no tarball',
      [],
      async ({ dir }: ExampleGround) => writeFile(join(dir, 'bootstrap.tar.gz'), 'no tarball'),
      /bootstrap\.tar\.gz/,
    ],
    [
      'a tree without pbulk-index',
      [],
      async ({ dir }: ExampleGround) => {
        const file = join(dir, 'pkgsrc/mk/bsd.pkg.mk');
        await writeFile(file, (await readFile(file, 'utf8')).replaceAll('pbulk-index', 'no-index'));
        await rm(join(dir, 'pkgsrc/mk/pbulk'), { recursive: true, force: true });
      },
      /pbulk-index/,
    ],
    [
      'a tree that is none',
      [],
      async ({ dir }: ExampleGround) => rm(join(dir, 'pkgsrc/Makefile')),
      /not a pkgsrc tree/,
    ],
    [
      'a build user who does not exist',
      [],
      async ({ configFile }: ExampleGround) => {
        const text = await readFile(configFile, 'utf8');
        await writeFile(configFile, text.replace('"nobody"', '"nosuchuser"'));
      },
      /nosuchuser/,
    ],
  ] as const)(
    'says in one message what is wrong with %s, exits with 2 and leaves nothing',
    async (...row) => {
      const [, pkgpaths, spoil, message] = row;
      const ground = await lay({ slots: 1 });
      await spoil(ground);
      const { code, stderr } = await build(ground, ...pkgpaths);
      expect(code).toBe(2);
      expect(stderr).toMatch(message);
      expect(stderr.match(/^bulkmesh: /gm)).toHaveLength(1);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(listLeftovers(ground.dir)).toEqual([]);
      expect(await readdir(join(ground.dir, 'packages')).catch(() => [])).not.toContain('All/.tmp');
    },
  );
});

const build = (ground: ExampleGround, ...pkgpaths: readonly string[]): Promise<CliResult> =>
  startCli(['-c', ground.configFile, 'build', ...pkgpaths]).ended;

const listStarted = (stdout: string): string[] =>
  [...stdout.matchAll(/start {2}(\S+)/g)].map(([, name]) => name ?? '');

const listEnded = (stdout: string): string[] =>
  [...stdout.matchAll(/(?:built {2}|FAILED )(\S+)/g)].map(([, name]) => name ?? '');

const listPackages = async (ground: ExampleGround): Promise<string[]> =>
  (await readdir(join(ground.dir, 'packages/All'))).filter((name) => name.endsWith('.tgz')).sort();

const readMeta = async (ground: ExampleGround, name: string): Promise<string[]> =>
  (await readFile(join(ground.dir, 'bulklog/meta', name), 'utf8')).trim().split('\n').sort();

interface ReportFile {
  readonly packages: readonly {
    readonly pkgname: string;
    readonly standing: string;
    readonly stage?: string;
  }[];
}

/** PKGNAME to where it ended, with the stage of a failure. */
const readOutcomes = async (ground: ExampleGround): Promise<Record<string, string>> => {
  const report: ReportFile = JSON.parse(await readFile(join(ground.dir, 'bulklog/meta/report.json'), 'utf8'));
  return Object.fromEntries(
    report.packages.map(({ pkgname, standing, stage }) => [
      pkgname,
      stage === undefined ? standing : `${standing} ${stage}`,
    ]),
  );
};

const standings: Readonly<Record<string, string>> = {
  built: 'done',
  masked: 'prefailed',
  unresolved: 'unresolved',
};

const expectedOutcomes = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(expected.packages).map(([name, { outcome, stage, of }]) => {
      if (outcome === 'failed') return [name, `failed ${stage}`];
      if (outcome === 'indirect') return [name, of === 'failed' ? 'indirect-failed' : 'indirect-prefailed'];
      return [name, standings[outcome] ?? outcome];
    }),
  );
