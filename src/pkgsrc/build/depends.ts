import { writeSync } from 'node:fs';
import type { DependencyLayers } from '../../sandbox/driver.ts';
import { isPkgName } from '../name.ts';
import type { PkgName } from '../package.ts';
import { chooseCuts, type DependSet, type InstalledFiles, makeKeys } from './dependset.ts';
import { READER_ENV } from './reader.ts';
import type { PackageRun, StageEnd, StageRun } from './run.ts';

const PASSED: StageEnd = { kind: 'passed' };
const LIST_BYTES_MAX = 16 << 20;
const LIST_MS_MAX = 60_000;

/**
 * The stage `depends`: installs the direct dependencies, which brings in what these need at run time. It comes before the
 * package is asked anything: where the sandbox has layers, what was installed before shows at once, and what others will
 * want is kept, which nothing of the package's own may have touched. Nothing to do for a package that needs nothing.
 */
export const installDepends = async (run: PackageRun): Promise<StageEnd> => {
  const { depends, dependSet } = run.request;
  if (depends.length === 0) return PASSED;
  return run.runStage('depends', async (open) => {
    const layers = findLayers(run);
    const files = layers && (await dependSet?.files());
    if (dependSet === undefined || layers === undefined || files === undefined) {
      return addPackages(run, open, dependSet?.order ?? depends);
    }
    return installLayered({ run, open, layers, set: dependSet, files });
  });
};

/** What a program of the operator's did before, no layer may hide, nor hold. */
const findLayers = ({ request }: PackageRun): DependencyLayers | undefined =>
  request.policy.beforePackage.length > 0 ? undefined : request.sandbox.layers;

const addPackages = (run: PackageRun, open: StageRun, names: readonly PkgName[]): Promise<StageEnd> =>
  open.run('pkg_add', run.toolCommand('pkg_add', names, { kind: 'log', fd: open.logFd }));

interface Layered {
  readonly run: PackageRun;
  readonly open: StageRun;
  readonly layers: DependencyLayers;
  readonly set: DependSet;
  readonly files: readonly InstalledFiles[];
}

async function installLayered({ run, open, layers, set, files }: Layered): Promise<StageEnd> {
  const { order } = set;
  const call = run.toolCommand('pkg_add', [], { kind: 'log', fd: open.logFd });
  const keys = makeKeys(set, files, call);
  let done = await layers.open(keys);
  await run.logs.note(`depends: ${done} of ${order.length} from layers`);
  if (done > 0) writeSync(open.logFd, `Installed before, now in layers: ${order.slice(0, done).join(' ')}\n`);
  for (const end of chooseCuts(set.shared, done)) {
    if (!(await layers.record())) break;
    const before = await listInstalled(run, open);
    const added = await addPackages(run, open, order.slice(done, end));
    if (added.kind !== 'passed') return added;
    await run.killAll();
    const after = await listInstalled(run, open);
    done = end;
    const why = findSurprise(files.slice(0, end), before, after) ?? (await layers.keep(keys[end - 1] ?? ''));
    await run.logs.note(`depends: ${why === undefined ? 'kept as a layer' : `not kept as a layer: ${why}`}`);
    if (why !== undefined) break;
  }
  return done === order.length ? PASSED : addPackages(run, open, order.slice(done));
}

/** The names in the package database; undefined when it cannot be read. */
async function listInstalled(run: PackageRun, open: StageRun): Promise<ReadonlySet<PkgName> | undefined> {
  const { tree, signal } = run.request;
  const result = await open.runReader({
    argv: ['/bin/ls', '-1', '--', tree.pkgDbdir],
    env: READER_ENV,
    cwd: '/',
    user: undefined,
    network: false,
    output: { kind: 'capture', maxBytes: LIST_BYTES_MAX },
    signal: AbortSignal.any([signal, AbortSignal.timeout(LIST_MS_MAX)]),
  });
  if (result.kind !== 'exited' || result.code !== 0) return undefined;
  return new Set(result.stdout.split('\n').filter(isPkgName));
}

/** pkg_add looks itself for what a package needs: it may have found another version than the graph knows of. */
function findSurprise(
  files: readonly InstalledFiles[],
  before: ReadonlySet<PkgName> | undefined,
  after: ReadonlySet<PkgName> | undefined,
): string | undefined {
  if (before === undefined || after === undefined) return 'the package database cannot be listed';
  const surprise = [...after].find((name) => !before.has(name) && !files.some((one) => one.has(name)));
  return surprise && `${surprise} was installed, which nothing is known to need`;
}
