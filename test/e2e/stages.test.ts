import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCli } from '../cli/run.ts';
import { type ExampleGround, layExample } from './example.ts';
import { listLeftovers, noBuilds, titleOf } from './host.ts';

/** One build with everything that can be set about stages; the tests look at what came of it. */
describe.skipIf(noBuilds !== undefined)(titleOf('the stages of real packages'), () => {
  let ground: ExampleGround;
  let hooks: string;
  let said: string;

  beforeAll(async () => {
    hooks = await mkdtemp(join(tmpdir(), 'bulkmesh-hooks-'));
    const script = async (name: string, text: string): Promise<void> => {
      await writeFile(join(hooks, name), `#!/bin/sh\n${text}\n`);
      await chmod(join(hooks, name), 0o755);
    };
    await script('build', `echo "$BULKMESH_HOOK \${BULKMESH_ENDING:-} \${BULKMESH_FAILED:-}"`);
    await script('package', 'echo "$BULKMESH_HOOK as $(id -u) of $(sed -n s/^PKGNAME=//p)"');
    ground = await layExample({
      slots: 2,
      mkConf: 'EXAMPLE_SPIN=yes\nEXAMPLE_FETCH_FAILS=1\n',
      build: 'fetch_tries = 2\nkeep_wrkdir = true\nsave = ["*/config.log"]',
      sections: `ro_dirs = ["${hooks}"]
[limits]
cpu = 2
[hooks]
before_build = ["${hooks}/build"]
after_build = ["${hooks}/build"]
before_package = ["${hooks}/package"]
after_package = ["/bin/false"]
`,
    });
    const wanted = [
      'misc/spinner',
      'misc/inplace',
      'net/almanac',
      'broken/fail-configure',
      'broken/fail-fetch',
    ];
    const run = startCli(['-c', ground.configFile, 'build', ...wanted]);
    said = (await run.ended).stdout;
  }, 300_000);
  afterAll(async () => {
    await ground?.remove();
    await rm(hooks, { recursive: true, force: true });
  });

  const log = (path: string): Promise<string> => readFile(join(ground.dir, 'bulklog', path), 'utf8');

  it('end a program that runs away with its CPU time, and say which limit that was', () => {
    expect(said).toMatch(
      /FAILED spinner-1\.0 in build .*: make all: a process ran into the limit of 2 s CPU time/,
    );
  });

  it('fetch again from a mirror that was busy, and give up on one that is gone', () => {
    expect(said).toMatch(/built +almanac-1\.0/);
    expect(said).toMatch(/FAILED fail-fetch-1\.0 in fetch .*\(tried 2 times\)/);
  });

  it('leave in DISTDIR what was fetched, as a plain file, and nothing else that they wrote there', async () => {
    const distfiles = join(ground.dir, 'distfiles');
    expect(await readdir(distfiles)).toEqual(['almanac-1.0.txt']);
    const { mode, uid } = await stat(join(distfiles, 'almanac-1.0.txt'));
    expect([mode & 0o7777, uid]).toEqual([0o644, process.getuid?.()]);
  });

  it('build, try and remove a package that knows no DESTDIR', () => {
    expect(said).toMatch(/built +inplace-1\.0/);
  });

  it('keep of a failed package what was asked for', async () => {
    expect(await log('fail-configure-1.0/wrkdir-files/src/config.log')).toContain('frobnicate.h');
    expect(
      (await readFile(join(ground.dir, 'bulklog/fail-configure-1.0/wrkdir.tar.gz'))).length,
    ).toBeGreaterThan(100);
  });

  it('run the hooks of the build on the host and those of packages inside', async () => {
    expect(await log('meta/hooks.log')).toMatch(/^before_build {2}\nafter_build complete 3\n$/);
    expect(await log('fail-configure-1.0/hooks.log')).toBe('before_package as 0 of fail-configure-1.0\n');
    expect(said).toContain('inplace-1.0: the hook after_package exited with 1');
  });

  it('leave nothing on the host', () => {
    expect(listLeftovers(ground.dir)).toEqual([]);
  });
});
