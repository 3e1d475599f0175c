import type { BuildSheet } from '../../../agent/sheet/sheet.ts';
import { parseSha256, type Sha256 } from '../../../src/artefacts/sha256.ts';
import { buildId, hostId } from '../../../src/core/ids.ts';
import type { Resolution } from '../../../src/pkgsrc/package.ts';
import { noLimits } from '../support/no-limits.ts';

/** A hash of one digit. */
export const hashOf = (digit: string): Sha256 => {
  const sha256 = parseSha256(digit.repeat(64));
  if (sha256 === undefined) throw new TypeError(`${digit} is no digit`);
  return sha256;
};

const silence = { clean: 1, depends: 2, fetch: 3, checksum: 0, configure: 0.5, build: 0, install: 0 };

const terms: BuildSheet['terms'] = {
  ...{ platform: 'linux', arch: 'x64', isIsolated: true },
  paths: { pkgsrc: '/usr/pkgsrc', packages: '/content/packages', distfiles: '/content/distfiles' },
  tree: { tree: hashOf('1'), blob: { sha256: hashOf('2'), sizeBytes: 5 } },
  roDirs: [{ path: '/content/mk', packed: undefined }],
  rwDirs: ['/content/cache'],
  systemDirs: ['/bin', '/usr'],
  kit: { sha256: hashOf('3'), sizeBytes: 7 },
  make: { path: '/usr/pkg/bin/bmake', outside: { sha256: hashOf('4'), version: '20240808' } },
  ...{ workDir: '/work', prefix: '/usr/pkg', pkgDbdir: '/usr/pkg/pkgdb', buildUser: 'builder' },
  variables: { CFLAGS: '-O2 -g' },
  ...{ inherit: ['TOKEN'], inherited: { TOKEN: 'x y' }, hookVariables: { BULKMESH_PREFIX: '/usr/pkg' } },
  build: { fetchTries: 3, keepWrkdir: true, keepPrefix: false, save: ['*.log'] },
  limits: { ...noLimits, packages: [{ pattern: 'lang/*', values: { memoryMiB: 5, timeoutFactor: 1.5 } }] },
  watchdog: {
    silenceSeconds: { ...silence, package: 0, hooks: 0 },
    ...{ totalSeconds: 1, learnedFactor: 1.5, learnedFloorSeconds: 2, floodMiBPerSecond: 0.5 },
    ...{ floodSeconds: 3, repeats: 4, logMiB: 5 },
  },
  hooks: { beforePackage: ['/content/mk/before', '-x'], afterPackage: [] },
};

const tree: BuildSheet['tree'] = {
  ...{ packages: '/content/packages', pkgDbdir: '/usr/pkg/pkgdb', pkgRefcountDbdir: '' },
  ...{ pkgToolsBin: '/usr/pkg/sbin', prefix: '/usr/pkg', pkgSuffix: '.tgz' },
  platform: { opsys: 'Linux', osVersion: '6.1', machineArch: 'x86_64', compiler: 'gcc-13' },
  ...{ cacheVars: { NATIVE_OPSYS: 'Linux' }, scanVars: {} },
};

/** A sheet of these packages, of which all that can be are to be built. */
export const sheetOf = ({ packages }: Resolution, changes: Partial<BuildSheet> = {}): BuildSheet => ({
  ...{ build: buildId('20261122T145700Z-x7Gk2b'), submitter: hostId('V1StGXR8_Z5jdHi6B-myT') },
  ...{ startedAtMs: 5, pkgpaths: [], configDigest: 'x', terms, tree },
  failures: [],
  resolution: { packages },
  decisions: {
    ...{ records: hashOf('5'), settings: hashOf('6') },
    packages: packages.map(({ record: { pkgname, pkgpath }, depends, state }) => ({
      ...{ pkgname, pkgpath },
      needs: depends.flatMap((index) => packages[index]?.record.pkgname ?? []),
      verdict: state.kind === 'buildable' ? { kind: 'build', reasons: [{ kind: 'absent' }] } : state,
    })),
  },
  kept: new Map(),
  settings: [],
  ...changes,
});
