import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeAgent, startFakeAgent } from './fake-agent.ts';
import { makeSite, runCli, type TestSite } from './run.ts';
import { building } from './ui/samples.ts';

const report = {
  schema: 'bulkmesh-report',
  version: 1,
  build: { id: '20261123T104800Z-abc123' },
  counts: { unresolved: 1, indirectUnresolved: 0 },
  scanFailures: [
    { pkgpath: 'lang/odd', reason: 'make ended with 1', detail: 'Makefile:3: \x1b[31mmissing operator' },
  ],
  packages: [
    { pkgname: 'bc-1.0', pkgpath: 'math/bc', standing: 'failed', stage: 'build', reason: 'exit code 1' },
    { pkgname: 'zlib-1.3', pkgpath: 'devel/zlib', standing: 'done' },
    { pkgname: 'calc-2.0', pkgpath: 'math/calc', standing: 'indirect-failed', culprits: ['bc-1.0'] },
    { pkgname: 'lost-1.0', pkgpath: 'misc/lost', standing: 'unresolved', reason: 'no match for gone>=1' },
    { pkgname: 'py311-x-1.0', pkgpath: 'devel/py-x', standing: 'done' },
    { pkgname: 'py312-x-1.0', pkgpath: 'devel/py-x', standing: 'done' },
  ],
};

let site: TestSite;
beforeAll(async () => {
  site = await makeSite();
  await writeFile(join(site.bulklog, 'meta', 'report.json'), JSON.stringify(report));
  await writeFile(join(site.bulklog, 'meta', 'report.txt'), 'Packages failed: 1\n\x1b[2Jbc\n');
  await mkdir(join(site.bulklog, 'bc-1.0'));
  await writeFile(join(site.bulklog, 'bc-1.0', 'configure.log'), 'checking\n');
  await writeFile(
    join(site.bulklog, 'bc-1.0', 'build.log'),
    'cc -c bc.c\r\n\x1b]0;title\x07error: \x1b[31mno\x1b[0m\n',
  );
  await writeFile(join(site.bulklog, 'bc-1.0', 'clean.log'), 'clean\n');
});
afterAll(() => site.remove());

const run = (...args: string[]) => runCli(args, { cwd: site.dir });

describe('log', () => {
  it('prints the stage that failed, with control characters taken out', async () => {
    const { code, stdout } = await run('log', 'bc-1.0');
    expect([code, stdout]).toEqual([0, 'cc -c bc.c\nerror: no\n']);
  });

  it('takes the name without version, the package path, another stage, and gives the path', async () => {
    expect((await run('log', 'bc', '--path')).stdout).toBe(`${site.bulklog}/bc-1.0/build.log\n`);
    expect((await run('log', 'math/bc', '--stage', 'configure')).stdout).toBe('checking\n');
  });

  it('prints what make said about a path whose scan failed', async () => {
    expect((await run('log', 'lang/odd')).stdout).toBe('make ended with 1\nMakefile:3: missing operator\n');
  });

  it.each([
    ['zlib', 'zlib-1.3 has no logs: it was built, and the logs of a built package are removed\n'],
    ['calc', 'calc-2.0 has no logs: it was not tried, because bc-1.0 failed\n  see: bulkmesh log bc-1.0\n'],
    ['lost-1.0', 'lost-1.0 has no logs: its dependencies cannot be resolved: no match for gone>=1\n'],
    ['devel/py-x', '"devel/py-x" means 2 packages\n  name one of: py311-x-1.0, py312-x-1.0\n'],
    ['zlbi', 'no package "zlbi" in the last build\n  did you mean zlib?\n'],
    ['devel/zlb', 'no package "devel/zlb" in the last build\n  did you mean devel/zlib?\n'],
    ['../../etc', 'no package "../../etc" in the last build\n'],
  ])('says of %s why there is no log to show', async (name, message) => {
    const { code, stdout, stderr } = await run('log', name);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.startsWith(`bulkmesh: ${message}`), stderr).toBe(true);
  });

  it('says which stages there are', async () => {
    expect((await run('log', 'bc', '--stage', 'instal')).stderr).toMatch(
      /no log of a stage "instal"\n {2}it has: .*build/,
    );
  });
});

describe('log while a build is going on', () => {
  const build = '20261124T090000Z-def456';
  const startedAtMs = Date.now() - 60_000;
  const old = new Date(startedAtMs - 60_000);
  const age = `build ${build} is going on, and this is of the last build that ended`;
  let agent: FakeAgent;
  const write = async (pkg: string, stage: string, text: string, at?: Date): Promise<void> => {
    await mkdir(join(site.bulklog, pkg), { recursive: true });
    const path = join(site.bulklog, pkg, `${stage}.log`);
    await writeFile(path, text);
    if (at !== undefined) await utimes(path, at, at);
  };
  beforeAll(async () => {
    await Promise.all(['configure', 'build', 'clean'].map((stage) => write('bc-1.0', stage, 'old\n', old)));
    agent = await startFakeAgent(site.state, { snapshot: { ...building, build, startedAtMs } });
  });
  afterAll(async () => {
    await agent.close();
    await rm(join(site.bulklog, 'bc-1.1'), { recursive: true, force: true });
    await rm(join(site.bulklog, 'zlib-1.3'), { recursive: true, force: true });
  });

  it('says of a log of the last build that it is that, and still gives the bare path', async () => {
    const { code, stdout, stderr } = await run('log', 'bc', '--path');
    expect([code, stdout]).toEqual([0, `${site.bulklog}/bc-1.0/build.log\n`]);
    expect(stderr).toBe(`bulkmesh: ${age}\n`);
  });

  it('says of an answer from the report that it is of the last build', async () => {
    const { code, stderr } = await run('log', 'zlib');
    expect([code, stderr]).toEqual([
      2,
      `bulkmesh: zlib-1.3 has no logs: it was built, and the logs of a built package are removed\n  (${age})\n`,
    ]);
    expect((await run('log', 'calc')).stderr).toContain(`see: bulkmesh log bc-1.0\n  (${age})\n`);
    expect((await run('log', 'lang/odd')).stderr).toContain(age);
  });

  it('shows what the running build has written of a package that the last one built', async () => {
    await write('zlib-1.3', 'setup', 'slot build-1\n');
    await write('zlib-1.3', 'configure', 'checking again\n');
    const { code, stdout, stderr } = await run('log', 'devel/zlib');
    expect([code, stdout, stderr]).toEqual([0, 'checking again\n', '']);
  });

  it('takes the new version of a package, and its last stage rather than where the old one failed', async () => {
    const before = new Date(Date.now() - 5000);
    await write('bc-1.1', 'build', 'cc\n', before);
    await write('bc-1.1', 'install', 'no such file\n');
    await write('bc-1.1', 'clean', 'clean\n');
    await write('bc-1.1', 'work', 'wrapped\n');
    for (const name of ['bc', 'math/bc', 'bc-1.1']) {
      const { stdout, stderr } = await run('log', name);
      expect([stdout, stderr]).toEqual(['no such file\n', '']);
    }
    expect((await run('log', 'bc-1.0')).stdout).toBe('old\n');
  });
});

describe('log beside an agent that does not answer', () => {
  it('gives up asking it, and shows what there is', async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(join(site.state, 'control.sock'), resolve));
    const { code, stdout } = await run('log', 'bc-1.0');
    server.close();
    expect([code, stdout]).toEqual([0, 'old\n']);
  });
});

describe('report', () => {
  it('prints the text for a person, harmless, and gives the paths', async () => {
    expect((await run('report')).stdout).toBe('Packages failed: 1\nbc\n');
    expect((await run('report', '--path')).stdout).toBe(`${site.bulklog}/meta/report.txt\n`);
    expect(JSON.parse((await run('report', '--json')).stdout)).toEqual(report);
  });

  it('says that there is none yet', async () => {
    const { code, stderr } = await run('report', '--html');
    expect([code, stderr]).toEqual([2, expect.stringContaining('bulkmesh build')]);
  });
});
