import type { Fact, Outcome } from '../../src/core/facts/fact.ts';
import { buildId, planId, slotName, taskName } from '../../src/core/ids.ts';
import type {
  PackageState,
  PkgName,
  PkgPath,
  ResolvedPackage,
  ScanRecord,
} from '../../src/pkgsrc/package.ts';
import { indexLogs, type LogIndex } from '../../src/report/logs.ts';
import type { ReportInput } from '../../src/report/model.ts';
import { deriveOutcomes } from '../../src/report/outcomes.ts';
import { type ReportView, viewReport } from '../../src/report/view.ts';
import { makeLife, tokenOf } from '../core/lives.ts';

/** One package of a made-up tree; everything but the name has a default. */
export interface PackageSpec {
  readonly name: string;
  readonly path?: string;
  /** Names of packages of the same tree. */
  readonly needs?: readonly string[];
  readonly state?: PackageState;
  readonly maintainer?: string;
  /** What its run came to; undefined: it never ran. */
  readonly run?: RunSpec;
}

export type RunSpec =
  | { readonly built: true; readonly wallMs?: number }
  | {
      readonly failedIn: string;
      readonly reason: string;
      readonly class?: 'package' | 'timeout' | 'infra';
      readonly wallMs?: number;
    };

export const START_MS = Date.UTC(2026, 1, 28, 0, 21, 7);
const LOG_DIR = '/content/bulklog';
const META_DIR = '/content/bulklog/meta';

export const pkgName = (text: string): PkgName => text as PkgName;
export const built = (wallMs = 60_000): RunSpec => ({ built: true, wallMs });

/** A report's input from a list of packages, with a quarter of an hour on two slots around it. */
export function makeInput(specs: readonly PackageSpec[], changes: Partial<ReportInput> = {}): ReportInput {
  const places = new Map(specs.map((spec, index) => [spec.name, index]));
  const packages = specs.map((spec): ResolvedPackage => {
    const depends = (spec.needs ?? []).map((name) => {
      const place = places.get(name);
      if (place === undefined) throw new Error(`the fixture has no package ${name}`);
      return place;
    });
    return { record: makeRecord(spec), depends, state: spec.state ?? { kind: 'buildable' } };
  });
  const facts = specs.flatMap((spec, index): [PkgName, Fact][] =>
    spec.run === undefined ? [] : [[pkgName(spec.name), makeFact(spec.name, spec.run, index)]],
  );
  return {
    build: buildId('20260228T002107Z-abc123'),
    host: 'builder1',
    slots: 2,
    platform: { opsys: 'NetBSD', osVersion: '10.1', machineArch: 'x86_64', compiler: 'gcc 12.4.0' },
    startedAtMs: START_MS,
    measuredFromMs: START_MS,
    endedAtMs: START_MS + 15 * 60_000,
    ending: 'complete',
    resolution: { packages },
    scanFailures: [],
    facts: new Map(facts),
    kept: new Set(),
    slotSeconds: { busy: 900, sandbox: 90, starved: 780, stopped: 30 },
    logDir: LOG_DIR,
    baseUrl: '',
    subjectPrefix: 'pkgsrc',
    graphLimit: 512,
    previous: undefined,
    ...changes,
  };
}

/** The view of an input whose failed packages have the logs of the stages up to the failure. */
export function makeView(input: ReportInput, logs: LogIndex = makeLogs(input)): ReportView {
  return viewReport(input, deriveOutcomes(input), logs, { dir: META_DIR, machineFile: 'report.bz2' });
}

function makeLogs(input: ReportInput): LogIndex {
  const stages = new Map<string, readonly string[]>();
  for (const [name, fact] of input.facts)
    stages.set(
      name,
      fact.steps.map((step) => step.step),
    );
  return indexLogs(LOG_DIR, META_DIR, stages);
}

/** A tree with a package of every standing, and every odd corner that the texts have a line for. */
export function everyStanding(): ReportInput {
  const fuse = '"Couldn\'t find fuse headers, please install libfuse."';
  return makeInput(
    [
      { name: 'zlib-1.3.1', path: 'devel/zlib', run: built(30_000) },
      { name: 'png-1.6.53', path: 'graphics/png', needs: ['zlib-1.3.1'], run: built(45_000) },
      {
        name: 'cairo-1.18.4',
        path: 'graphics/cairo',
        needs: ['png-1.6.53'],
        maintainer: 'cairo@example.org',
        run: { failedIn: 'configure', reason: 'configure: error: pixman >= 0.36 is missing', wallMs: 12_300 },
      },
      { name: 'pango-1.56.3', path: 'devel/pango', needs: ['cairo-1.18.4'] },
      { name: 'gtk3+-3.24.51', path: 'x11/gtk3', needs: ['pango-1.56.3', 'py312-fuse-1.0'] },
      {
        name: 'py312-fuse-1.0',
        path: 'filesystems/py-fuse',
        needs: ['zlib-1.3.1'],
        run: { failedIn: 'checksum', reason: 'fetch: no space left', class: 'infra', wallMs: 4_000 },
      },
      { name: 'py313-fuse-1.0', path: 'filesystems/py-fuse', needs: ['zlib-1.3.1'], run: built(61_000) },
      { name: 'fuse-3.17', path: 'filesystems/fuse', state: { kind: 'masked', by: 'fail', reason: fuse } },
      {
        name: 'sshfs-3.7',
        path: 'filesystems/sshfs',
        needs: ['fuse-3.17'],
        state: { kind: 'indirect', of: 'masked', culprits: [pkgName('fuse-3.17')] },
      },
      {
        name: 'buildbot-4.2',
        path: 'devel/buildbot',
        state: { kind: 'unresolved', reason: 'nothing matches py311-buildbot-[0-9]*' },
      },
      {
        name: 'buildbot-www-4.2',
        path: 'devel/buildbot-www',
        needs: ['buildbot-4.2'],
        state: { kind: 'indirect', of: 'unresolved', culprits: [pkgName('buildbot-4.2')] },
      },
      { name: 'tiff-4.7.1', path: 'graphics/tiff', needs: ['zlib-1.3.1'] },
    ],
    {
      ending: 'stopped',
      scanFailures: [
        {
          pkgpath: 'lang/broken' as PkgPath,
          reason: 'make pbulk-index exited with 1',
          detail: 'bmake: "Makefile" line 7: Need an operator\nbmake: stopped\n',
        },
      ],
    },
  );
}

function makeRecord(spec: PackageSpec): ScanRecord {
  const path = spec.path ?? `cat/${spec.name.replace(/-[^-]*$/, '')}`;
  const maintainer = spec.maintainer ?? 'pkgsrc-users@NetBSD.org';
  return {
    pkgname: pkgName(spec.name),
    pkgpath: path as PkgPath,
    allDepends: [],
    skipReason: '',
    failReason: '',
    noBinOnFtp: '',
    restricted: '',
    categories: path.replace(/\/.*/, ''),
    maintainer,
    useDestdir: 'user-destdir',
    bootstrapPkg: false,
    usergroupPhase: '',
    multiVersion: [],
    pbulkWeight: 100,
    makeJobsSafe: true,
    text: `PKGNAME=${spec.name}\nALL_DEPENDS=\nMAINTAINER=${maintainer}\nPKG_LOCATION=${path}\n`,
  };
}

const STAGES = ['pre-clean', 'depends', 'checksum', 'configure', 'build', 'install', 'package'];

function makeFact(name: string, run: RunSpec, index: number): Fact {
  const life = makeLife('host-one');
  const last = 'failedIn' in run ? STAGES.indexOf(run.failedIn) : STAGES.length - 1;
  const wallMs = run.wallMs ?? 60_000;
  const steps = STAGES.slice(0, last + 1);
  return {
    planId: planId('plan'),
    task: taskName(name),
    token: tokenOf(life, index + 1),
    origin: life,
    seq: index + 1,
    outcome: toOutcome(run),
    slot: slotName(`build-${(index % 2) + 1}`),
    startedAtMs: START_MS + index * 1_000,
    wallMs,
    cpuMs: wallMs * 2,
    jobs: 4,
    steps: steps.map((step) => ({ step, wallMs: wallMs / steps.length, cpuMs: 1 })),
    diskBytes: 1_048_576,
    memoryBytes: 0,
  };
}

function toOutcome(run: RunSpec): Outcome {
  return 'failedIn' in run
    ? { kind: 'failed', class: run.class ?? 'package', stage: run.failedIn, reason: run.reason }
    : { kind: 'built', digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 123_456 };
}
