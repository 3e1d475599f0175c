import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slotName } from '../../../src/core/ids.ts';
import type { RunResult } from '../../../src/core/input.ts';
import { buildPackage } from '../../../src/pkgsrc/build/build.ts';
import { readTreeEnvironment, type TreeEnvironment } from '../../../src/pkgsrc/environment.ts';
import type { MakeEnvironment } from '../../../src/pkgsrc/make.ts';
import { checkPkgName } from '../../../src/pkgsrc/name.ts';
import type { ScanRecord } from '../../../src/pkgsrc/package.ts';
import { scanTree } from '../../../src/pkgsrc/scan/scan.ts';
import { writeSummary } from '../../../src/pkgsrc/summary.ts';
import type { Sandbox, SandboxDriver, SandboxSpec } from '../../../src/sandbox/driver.ts';
import { ensureKitLayer } from '../../../src/sandbox/kit.ts';
import { probeLinux } from '../../../src/sandbox/probe.ts';
import { chooseDriver } from '../../../src/sandbox/select.ts';
import { policy } from './fixture.ts';

const TREE = join(import.meta.dirname, '../../../examples/tree');
const USER = { name: 'nobody', uid: 65534, gid: 65534, home: '/home/nobody' };
const SYSTEM_DIRS = ['/bin', '/sbin', '/lib', '/lib64', '/usr', '/etc'];

const probeDir = await mkdtemp(join(tmpdir(), 'bulkmesh-probe-'));
const linux = await probeLinux(probeDir, 'disk');
await rm(probeDir, { recursive: true, force: true });
const hasTools =
  ['/usr/bin/bmake', '/bin/bmake'].some((path) => existsSync(path)) && existsSync('/usr/bin/cc');

const whyNot = (driver: 'linux' | 'none'): string => {
  if (!hasTools) return ' (skipped: no bmake or no C compiler)';
  if (driver === 'none' || linux.kind === 'works') return '';
  return ` (skipped: ${linux.why})`;
};

describe.each(['linux', 'none'] as const)('the example tree in the driver %s', (kind) => {
  const reason = whyNot(kind);
  describe.skipIf(reason !== '')(`with its real make and package tools${reason}`, () => testTree(kind));
});

function testTree(kind: 'linux' | 'none'): void {
  let base: string;
  let driver: SandboxDriver;
  let spec: SandboxSpec;
  let environment: MakeEnvironment;
  let tree: TreeEnvironment;
  let records: readonly ScanRecord[];
  const { signal } = new AbortController();

  const inSandbox = async <Result>(work: (sandbox: Sandbox) => Promise<Result>): Promise<Result> => {
    const sandbox = await driver.prepare(slotName('build-1'), spec);
    try {
      return await work(sandbox);
    } finally {
      await sandbox.destroy();
    }
  };

  const build = (
    pkgname: string,
    depends: readonly string[] = [],
    stop = signal,
    onStage: (stage: string) => void = () => undefined,
  ): Promise<RunResult> =>
    inSandbox(async (sandbox) => {
      const record = records.find((one) => one.pkgname === pkgname);
      if (record === undefined) throw new Error(`${pkgname} was not scanned`);
      return buildPackage({
        sandbox,
        record,
        depends: depends.map(checkPkgName),
        environment,
        tree,
        shares: [],
        repositoryDir: tree.packages,
        policy: policy({ isDropped: kind === 'linux' }),
        user: kind === 'linux' ? USER : undefined,
        jobs: 2,
        logDir: join(base, 'logs'),
        storageDirs: [base],
        owner: 'test',
        stamp: { build: 'b1', host: 'host1', settings: {} },
        keepLogs: false,
        watchGround: () => ({ stretch: 1, slowestMs: 0, jobsRatio: 1 }),
        signal: stop,
        onWarning: () => undefined,
        onStage,
      });
    });

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), `bulkmesh-${kind}-`));
    for (const dir of ['packages/All', 'distfiles', 'logs', 'state']) {
      await mkdir(join(base, dir), { recursive: true });
    }
    const [prefix, tarball, workDir] = [join(base, 'pkg'), join(base, 'kit.tgz'), join(base, 'work')];
    const script = join(TREE, 'bootstrap', 'bootstrap.sh');
    await promisify(execFile)('sh', [script, '--prefix', prefix, '--gzip-binary-kit', tarball]);
    const stateDir = join(base, 'state');
    driver = (await chooseDriver({ driver: kind, stateDir, storage: 'disk', systemDirs: SYSTEM_DIRS }))
      .driver;
    const share = (path: string, access: 'scratch' | 'rw') => ({ source: path, target: path, access });
    spec = {
      kitDir: (await ensureKitLayer(stateDir, tarball)).dir,
      opaqueDirs: [prefix, join(prefix, 'pkgdb')],
      shares: [
        share(TREE, kind === 'linux' ? 'scratch' : 'rw'),
        share(join(base, 'packages'), kind === 'linux' ? 'scratch' : 'rw'),
        share(join(base, 'distfiles'), 'rw'),
      ],
      freshDirs: [{ path: workDir, owner: kind === 'linux' ? USER : undefined }],
    };
    environment = {
      make: join(prefix, 'bin', 'bmake'),
      pkgsrc: TREE,
      workDir,
      variables: { PACKAGES: join(base, 'packages'), DISTDIR: join(base, 'distfiles') },
      cacheVars: {},
    };
    const expected = { packages: join(base, 'packages'), pkgDbdir: join(prefix, 'pkgdb'), prefix };
    await inSandbox(async (sandbox) => {
      tree = await readTreeEnvironment({ sandbox, environment, expected, signal });
      environment = { ...environment, cacheVars: tree.cacheVars };
      const pkgpaths = [
        'textproc/countwords',
        'broken/fail-configure',
        'misc/inplace',
        'pkgtools/pkg_install',
      ];
      records = (await scanTree({ sandbox, environment, pkgpaths, concurrency: 2, signal })).records;
    });
  }, 60_000);
  afterAll(() => rm(base, { recursive: true, force: true }));

  it('scans what is wanted and what it needs', () => {
    expect(records.map((record) => record.pkgname).sort()).toEqual([
      'countwords-1.0',
      'fail-configure-1.0',
      'inplace-1.0',
      'libstr-1.2',
      'pkg_install-1.0',
    ]);
  });

  it('builds a library and a program that links against it, and offers both', async () => {
    expect(await build('countwords-1.0', ['libstr-1.2'])).toMatchObject({ trouble: 'missing-dependency' });
    expect(await build('libstr-1.2')).toMatchObject({ outcome: { kind: 'built' } });
    expect(await build('countwords-1.0', ['libstr-1.2'])).toMatchObject({ outcome: { kind: 'built' } });
    const summary = await writeSummary({
      packagesDir: join(base, 'packages'),
      pkgSuffix: tree.pkgSuffix,
      owner: 'test',
      resolution: { packages: [] },
      withdrawn: new Set(),
      formats: ['gz'],
      checksums: false,
      includeRestricted: false,
      packBzip2: undefined,
      onWarning: (line) => expect.fail(line),
    });
    expect(summary.packages).toBe(2);
    const text = gunzipSync(await readFile(join(base, 'packages', 'All', 'pkg_summary.gz'))).toString();
    expect(text).toContain('PKGNAME=countwords-1.0\nDEPENDS=libstr>=1.0\n');
    expect((await readdir(join(base, 'packages', 'All'))).sort()).toEqual([
      'countwords-1.0.tgz',
      'libstr-1.2.tgz',
      'pkg_summary.gz',
    ]);
    expect(await readdir(join(base, 'logs'))).toEqual([]);
  }, 60_000);

  it('builds, tries and removes a package that knows no DESTDIR', async () => {
    expect(await build('inplace-1.0')).toMatchObject({ outcome: { kind: 'built' } });
  }, 60_000);

  it('builds what the kit consists of in a newer version, and does not try it over the kit', async () => {
    const [ofKit] = records.filter(({ bootstrapPkg }) => bootstrapPkg);
    if (ofKit === undefined) throw new Error('nothing of the kit was scanned');
    const newer = {
      ...ofKit,
      pkgname: checkPkgName('pkg_install-2.0'),
      multiVersion: ['PKGNAME=pkg_install-2.0'],
    };
    records = [...records, newer];
    expect(await build('pkg_install-2.0')).toMatchObject({ outcome: { kind: 'built' } });
    // What pbulk's users met: any other package of that name is refused by pkg_add.
    const other = { ...newer, pkgname: checkPkgName('pkg_install-3.0'), bootstrapPkg: false };
    records = [...records, { ...other, multiVersion: ['PKGNAME=pkg_install-3.0'] }];
    expect(await build('pkg_install-3.0')).toMatchObject({
      outcome: { stage: 'package', reason: expect.stringContaining('different version') },
    });
  }, 60_000);

  it('keeps the logs of a package that fails, and its work log', async () => {
    expect(await build('fail-configure-1.0')).toMatchObject({
      outcome: { kind: 'failed', class: 'package', stage: 'configure' },
    });
    const dir = join(base, 'logs', 'fail-configure-1.0');
    expect(await readFile(join(dir, 'configure.log'), 'utf8')).toContain('frobnicate.h is needed');
    expect(await readFile(join(dir, 'work.log'), 'utf8')).toContain('Configuring fail-configure-1.0');
  }, 60_000);

  it('calls it trouble when the agent stops a build, at whatever stage', async () => {
    const stop = new AbortController();
    const stopped = await build('libstr-1.2', [], stop.signal, (stage) => {
      if (stage === 'build') stop.abort();
    });
    expect(stopped).toMatchObject({ kind: 'trouble', trouble: 'killed' });
  }, 60_000);
}
