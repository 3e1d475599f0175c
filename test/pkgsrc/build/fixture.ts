import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildPolicy } from '../../../src/pkgsrc/build/policy.ts';
import type { BuildRequest } from '../../../src/pkgsrc/build/request.ts';
import { checkPkgName, checkPkgPath } from '../../../src/pkgsrc/name.ts';
import type { ScanRecord } from '../../../src/pkgsrc/package.ts';
import type { Command } from '../../../src/sandbox/driver.ts';
import { type Answer, FakeSandbox } from '../fakesandbox.ts';
import { makePackage } from '../tarfile.ts';

/** A record that needs nothing and may build without root. */
export const record = (changes: Partial<ScanRecord> = {}): ScanRecord => ({
  pkgname: checkPkgName('tool-1.0'),
  pkgpath: checkPkgPath('devel/tool'),
  allDepends: [],
  skipReason: '',
  failReason: '',
  noBinOnFtp: '',
  restricted: '',
  categories: 'devel misc',
  maintainer: '',
  useDestdir: 'user-destdir',
  bootstrapPkg: false,
  usergroupPhase: '',
  multiVersion: [],
  pbulkWeight: 100,
  makeJobsSafe: true,
  text: '',
  ...changes,
});

export const WORK_DIR = '/work/devel/tool/work';
export const STAGE_FILE = `${WORK_DIR}/.packages/tool-1.0.tgz`;

/** What a command of a build does, in one or two words: `clean`, `pkg_add`, `show-vars`, `read`. */
export function verbOf(command: Command): string {
  const [program = '', ...words] = command.argv;
  if (program.endsWith('/sh')) return 'read';
  if (program.includes('/pkg_')) return program.slice(program.lastIndexOf('/') + 1);
  return words.filter((word) => !word.includes('=')).join(' ');
}

/** Answers as make and the tools of a sound tree do, but for the verbs in `special`. */
export function answerLikeTree(special: Readonly<Record<string, (command: Command) => Answer>> = {}) {
  return (command: Command): Answer => {
    const verb = verbOf(command);
    const chosen = special[verb];
    if (chosen !== undefined) return chosen(command);
    if (verb === 'show-vars') return answerVariables(command);
    if (verb === 'read') {
      return command.argv.includes(STAGE_FILE)
        ? { stdout: makePackage('tool-1.0') }
        : { stdout: 'wrapped\n' };
    }
    return { stdout: `${verb} said so\n`, cpuMs: 10 };
  };
}

/** The answer of `show-vars`: what the fixture's package has, but for the values in `special`. */
export function answerVariables(
  { argv }: Command,
  special: Readonly<Record<string, string>> = {},
): { readonly stdout: string } {
  const names = argv.find((word) => word.startsWith('VARNAMES='))?.slice('VARNAMES='.length) ?? '';
  const values: Readonly<Record<string, string>> = {
    WRKDIR: WORK_DIR,
    STAGE_PKGFILE: STAGE_FILE,
    _MAKE_JOBS_N: '4',
    ...special,
  };
  return {
    stdout: names
      .split(' ')
      .map((name) => `${values[name] ?? ''}\n`)
      .join(''),
  };
}

/** Nothing limited, nothing kept, no hooks, one try. */
export const policy = (changes: Partial<BuildPolicy> = {}): BuildPolicy => ({
  isDropped: false,
  layeredDistdir: undefined,
  sandboxLimits: { memoryBytes: undefined, processes: undefined, diskBytes: undefined },
  packageBytesMax: 20_480 * 2 ** 20,
  limits: {
    cpuSeconds: undefined,
    files: undefined,
    processes: undefined,
    memoryMiB: undefined,
    fileSizeMiB: undefined,
  },
  watch: {
    table: { silenceMs: {}, totalMs: undefined, learned: undefined, flood: undefined, repeatsMax: undefined },
    logBytesMax: 64 << 20,
  },
  fetchTries: 1,
  fetchPause: { firstMs: 1, factor: 1, capMs: 1 },
  keepWrkdir: false,
  keepPrefix: false,
  save: [],
  beforePackage: [],
  afterPackage: [],
  hookVariables: {},
  ...changes,
});

export interface Place {
  readonly dir: string;
  readonly logDir: string;
  readonly packages: string;
  readonly remove: () => Promise<void>;
}

export async function makePlace(): Promise<Place> {
  const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-build-'));
  const packages = join(dir, 'packages');
  await mkdir(join(packages, 'All'), { recursive: true });
  return {
    dir,
    logDir: join(dir, 'logs'),
    packages,
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

export const addPackageFile = (place: Place, pkgname: string): Promise<void> =>
  writeFile(join(place.packages, 'All', `${pkgname}.tgz`), makePackage(pkgname));

export function request(place: Place, changes: Partial<BuildRequest> = {}): BuildRequest {
  return {
    sandbox: new FakeSandbox(answerLikeTree()),
    record: record(),
    depends: [],
    environment: {
      make: '/usr/pkg/bin/bmake',
      pkgsrc: '/usr/pkgsrc',
      workDir: '/work',
      variables: {},
      cacheVars: {},
    },
    tree: {
      packages: place.packages,
      pkgDbdir: '/var/db/pkg',
      pkgRefcountDbdir: '/var/db/pkg.refcount',
      pkgToolsBin: '/usr/pkg/sbin',
      prefix: '/usr/pkg',
      pkgSuffix: '.tgz',
      platform: { opsys: 'Linux', osVersion: '6.1', machineArch: 'x86_64', compiler: 'gcc-13' },
      cacheVars: {},
      scanVars: {},
    },
    shares: [],
    repositoryDir: place.packages,
    policy: policy(),
    user: { name: 'builder', uid: 1000, gid: 1000, home: '/home/builder' },
    jobs: 3,
    logDir: place.logDir,
    storageDirs: [],
    owner: 'host1',
    stamp: { build: 'b1', host: 'host1', settings: {} },
    keepLogs: false,
    watchGround: () => ({ stretch: 1, slowestMs: 0, jobsRatio: 1 }),
    signal: new AbortController().signal,
    onWarning: () => undefined,
    ...changes,
  };
}
