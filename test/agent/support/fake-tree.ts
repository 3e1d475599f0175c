import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../../src/config/config.ts';
import { makePackage } from '../../pkgsrc/tarfile.ts';
import { noLimits } from './no-limits.ts';

/** A tree whose make is a short shell script: whole builds without pkgsrc, root or a compiler. */
export interface FakeTree {
  readonly dir: string;
  readonly config: Config;
  /** `target package` of every make call but questions, in order. */
  calls(): readonly string[];
  /** Adds `cat/NAME` with version 1.0; `hook` is sh text, run first with the target in `$target`. */
  addPackage(name: string, options?: { readonly needs?: readonly string[]; readonly hook?: string }): void;
  setHook(name: string, hook: string): void;
  /** Ends the wait of every `hang`. */
  letGo(): void;
  packageFile(name: string): string;
  remove(): void;
}

/** Hook text: the target of one call hangs until `letGo`. */
export const hangAt = (target: string): string => `if [ $target = ${target} ]; then hang; fi`;

const makeScript = (dir: string): string => `#!/bin/sh
hang() { while [ ! -e ${dir}/go ]; do sleep 0.05; done; }
target=
for word; do
  case $word in
    -f) exit 0 ;;
    VARNAMES=*) names=\${word#VARNAMES=} ;;
    *=*) ;;
    *) target=$word ;;
  esac
done
if [ $target = show-vars ]; then
  for name in $names; do
    case $name in
      PACKAGES) echo "$PACKAGES" ;;
      PREFIX) echo ${dir}/pkg ;;
      PKG_DBDIR) echo ${dir}/pkg/.pkgdb ;;
      PKG_TOOLS_BIN) echo ${dir}/tools ;;
      OPSYS | OS_VERSION | MACHINE_ARCH) echo fake ;;
      WRKDIR) echo "$WRKOBJDIR/work" ;;
      STAGE_PKGFILE) echo "$WRKOBJDIR/\${PWD##*/}-1.0.tgz" ;;
      *) echo ;;
    esac
  done
  exit 0
fi
echo "$target \${PWD##*/}" >>${dir}/calls
if [ -f hook ]; then . ./hook; fi
case $target in
  pbulk-index) if [ -f index ]; then cat index; fi ;;
  stage-package-create) cp package.tgz "$WRKOBJDIR/\${PWD##*/}-1.0.tgz" ;;
esac
`;

export const layFakeTree = (): FakeTree => {
  const dir = mkdtempSync(join(tmpdir(), 'bulkmesh-agent-'));
  const tree = join(dir, 'pkgsrc');
  const writeProgram = (path: string, text: string): void => {
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  };
  for (const below of ['pkgsrc/pkgtools/pkg_install', 'tools', 'packages']) {
    mkdirSync(join(dir, below), { recursive: true });
  }
  for (const below of ['', 'pkgtools/pkg_install']) writeFileSync(join(tree, below, 'Makefile'), '');
  writeProgram(join(dir, 'make'), makeScript(dir));
  for (const tool of ['pkg_add', 'pkg_delete']) writeProgram(join(dir, 'tools', tool), '#!/bin/sh\n');
  return {
    dir,
    config: makeConfig(dir),
    calls: () => readLines(join(dir, 'calls')).filter((line) => !line.endsWith(' pkg_install')),
    addPackage: (name, { needs = [], hook = '' } = {}) => {
      const place = join(tree, 'cat', name);
      mkdirSync(place, { recursive: true });
      const depends = needs.map((need) => `${need}>=1.0:../../cat/${need}`).join(' ');
      writeFileSync(join(place, 'Makefile'), '');
      writeFileSync(join(place, 'index'), describeRecord(name, depends));
      writeFileSync(join(place, 'package.tgz'), makePackage(`${name}-1.0`));
      writeFileSync(join(place, 'hook'), hook);
    },
    setHook: (name, hook) => writeFileSync(join(tree, 'cat', name, 'hook'), hook),
    letGo: () => writeFileSync(join(dir, 'go'), ''),
    packageFile: (name) => join(dir, 'packages/All', `${name}-1.0.tgz`),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
};

const describeRecord = (name: string, depends: string): string =>
  [
    `PKGNAME=${name}-1.0`,
    `ALL_DEPENDS=${depends}`,
    ...[
      'PKG_SKIP_REASON=',
      'PKG_FAIL_REASON=',
      'NO_BIN_ON_FTP=',
      'SCAN_DEPENDS=Makefile',
      'RESTRICTED=',
      'CATEGORIES=cat',
      'MAINTAINER=',
    ],
    ...['USE_DESTDIR=user-destdir', 'BOOTSTRAP_PKG=', 'USERGROUP_PHASE=', ''],
  ].join('\n');

const readLines = (path: string): readonly string[] => {
  try {
    return readFileSync(path, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
};

const makeConfig = (dir: string): Config => ({
  file: join(dir, 'bulkmesh.toml'),
  paths: {
    pkgsrc: join(dir, 'pkgsrc'),
    packages: join(dir, 'packages'),
    distfiles: join(dir, 'distfiles'),
    bulklog: join(dir, 'bulklog'),
    state: join(dir, 'state'),
  },
  pkgsrc: {
    make: join(dir, 'make'),
    bootstrapKit: undefined,
    prefix: join(dir, 'pkg'),
    pkgDbdir: join(dir, 'pkg/.pkgdb'),
    buildUser: 'nobody',
    pkgpaths: [],
    variables: {},
    inherit: [],
  },
  tree: { url: '', branch: '' },
  build: {
    slots: 2,
    cores: 2,
    scanProcs: 2,
    scanCache: true,
    skipAgeCheck: false,
    fetchTries: 1,
    keepWrkdir: false,
    keepPrefix: false,
    save: [],
  },
  limits: noLimits,
  watchdog: {
    silenceSeconds: {
      clean: 0,
      depends: 0,
      fetch: 0,
      checksum: 0,
      configure: 0,
      build: 0,
      install: 0,
      package: 0,
      hooks: 0,
    },
    totalSeconds: 0,
    learnedFactor: 0,
    learnedFloorSeconds: 0,
    floodMiBPerSecond: 0,
    floodSeconds: 1,
    repeats: 0,
    logMiB: 64,
  },
  hooks: { beforeBuild: [], afterBuild: [], beforePackage: [], afterPackage: [] },
  summary: { formats: ['gz'], checksums: false, includeRestricted: false },
  sandbox: {
    driver: 'none',
    chrootDir: undefined,
    chrootCreate: [],
    chrootDelete: [],
    storage: 'disk',
    workMemoryMiB: 0,
    dependencyLayersGiB: 0,
    systemDirs: [],
    firstUid: 0,
    roDirs: [],
    rwDirs: [],
    spare: 1,
    keepFailed: 0,
    keepHours: 1,
    keepGiB: 1,
  },
  mesh: {
    keyFile: join(dir, 'state', 'mesh.key'),
    listen: ['127.0.0.1:0'],
    join: [],
    advertise: [],
    name: 'fake',
    sharedFiles: false,
    coordinate: 'allow',
  },
  metrics: { listen: undefined, tokenFile: undefined },
  report: { subjectPrefix: 'bulkmesh', baseUrl: '', graphLimit: 512 },
});
