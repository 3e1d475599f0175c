import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { DependSets } from '../../agent/build/dependsets.ts';
import type { Ground } from '../../agent/build/ground.ts';
import { slotName } from '../../src/core/ids.ts';
import { installDepends } from '../../src/pkgsrc/build/depends.ts';
import { openPackageLogs } from '../../src/pkgsrc/build/log.ts';
import { PackageRun } from '../../src/pkgsrc/build/run.ts';
import type { TreeEnvironment } from '../../src/pkgsrc/environment.ts';
import { checkPkgPath } from '../../src/pkgsrc/name.ts';
import type { PkgName, ScanRecord } from '../../src/pkgsrc/package.ts';
import type { Command, Sandbox, SandboxDriver } from '../../src/sandbox/driver.ts';

/** What installations are made with. */
export interface InstallGround {
  readonly ground: Ground;
  readonly tree: TreeEnvironment;
  readonly sets: DependSets;
  readonly logDir: string;
}

/** What the dependencies of one package came to in a sandbox of their own. */
export interface Installation {
  /** How it ended: `passed`, or why not. */
  readonly end: string;
  readonly stageMs: number;
  /** Lines, one for each file inside, sorted; see `listInside`. */
  readonly files: readonly string[];
}

/** Runs the stage `depends` of one package as a build does, and looks at everything that is there then. */
export const installFor = async (
  { ground, tree, sets, logDir }: InstallGround,
  driver: SandboxDriver,
  pkgname: PkgName,
  listFrom: number | undefined,
): Promise<Installation> => {
  const sandbox = await driver.prepare(slotName('build-1'), ground.spec);
  try {
    const set = sets(pkgname);
    const logs = await openPackageLogs(logDir, pkgname);
    const run = new PackageRun(
      {
        sandbox,
        record: { ...emptyRecord, pkgname },
        depends: set.order,
        dependSet: set,
        environment: ground.make,
        tree,
        shares: ground.spec.shares,
        repositoryDir: tree.packages,
        user: ground.user,
        policy: ground.policy,
        jobs: 1,
        logDir,
        storageDirs: [],
        owner: 'bench',
        stamp: { build: 'bench', host: 'bench', settings: {} },
        keepLogs: true,
        watchGround: () => ({ stretch: 1, slowestMs: 0, jobsRatio: 1 }),
        signal: new AbortController().signal,
        onWarning: console.error,
      },
      logs,
    );
    const startMs = performance.now();
    const end = await installDepends(run);
    const stageMs = performance.now() - startMs;
    await sandbox.killAll();
    const files = listFrom === undefined ? [] : await listInside(sandbox, tree, listFrom);
    return { end: end.kind === 'passed' ? 'passed' : JSON.stringify(end), stageMs, files };
  } finally {
    await sandbox.destroy();
  }
};

/**
 * 1 prefix   2 package database   3 seconds: every file with its type, mode, owner, group, links, size, target, digest and
 * time of change, but `new` for what was made after that moment, which no two installations make at the same time.
 */
const listScript = `
set -eu
since=$3
list() {
  find "$@" -xdev -printf '%p\\t%y\\t%m\\t%U\\t%G\\t%T@\\t%l\\t' \\( -type d -printf '-\\t-\\n' -o -printf '%s\\t%n\\n' \\) |
    awk -F '\\t' -v since="$since" 'BEGIN { OFS = FS } { if ($6 + 0 > since) $6 = "new"; print }'
  find "$@" -xdev -type f -exec sha256sum {} +
}
{ list "$1"; case $2/ in "$1"/*) ;; *) list "$2" ;; esac; list /etc /var /run /root /home /tmp; } | sort -u
`;

const listInside = async (
  sandbox: Sandbox,
  { prefix, pkgDbdir }: TreeEnvironment,
  sinceS: number,
): Promise<readonly string[]> => {
  const command: Command = {
    argv: ['/bin/sh', '-c', listScript, 'sh', prefix, pkgDbdir, String(sinceS)],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    cwd: '/',
    user: undefined,
    network: false,
    output: { kind: 'capture', maxBytes: 512 << 20 },
    signal: new AbortController().signal,
  };
  const result = await sandbox.run(command);
  if (result.kind !== 'exited') throw new Error(`the sandbox cannot be listed: ${JSON.stringify(result)}`);
  return result.stdout.split('\n');
};

const emptyRecord: ScanRecord = {
  pkgname: 'none-0' as PkgName,
  pkgpath: checkPkgPath('bench/layers'),
  allDepends: [],
  skipReason: '',
  failReason: '',
  noBinOnFtp: '',
  restricted: '',
  categories: 'bench',
  maintainer: '',
  useDestdir: 'user-destdir',
  bootstrapPkg: false,
  usergroupPhase: '',
  multiVersion: [],
  pbulkWeight: 100,
  makeJobsSafe: true,
  text: '',
};

/** Lines that only one of the two has. */
export const compareFiles = (a: Installation, b: Installation): readonly string[] => {
  const [ofA, ofB] = [new Set(a.files), new Set(b.files)];
  return [
    ...a.files.filter((line) => !ofB.has(line)).map((line) => `- ${line}`),
    ...b.files.filter((line) => !ofA.has(line)).map((line) => `+ ${line}`),
  ];
};

/** Where the logs of one way go. */
export const logsOf = (dir: string, way: string): string => join(dir, `logs-${way}`);
