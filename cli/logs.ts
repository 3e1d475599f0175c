import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BulkmeshError } from '../src/errors.ts';
import type { Report, ReportedPackage } from './report.ts';
import { describeAge, hasLogsOf, type RunningBuild } from './running.ts';
import { suggestNames } from './suggest.ts';

/** A log to show: a file, or what the report itself holds of a scan. */
export type FoundLog = (
  | { readonly kind: 'file'; readonly pkg: string; readonly stage: string; readonly path: string }
  | { readonly kind: 'scan'; readonly pkgpath: string; readonly reason: string; readonly text: string }
) & {
  /** What to say when a build is going on and the log is not of it. */
  readonly age: string | undefined;
};

/** Where logs are looked for. */
export interface LogPlaces {
  readonly logDir: string;
  /** Of the last build that ended. */
  readonly report: Report | undefined;
  readonly running: RunningBuild | undefined;
}

/**
 * The log that a name means: PKGNAME, PKGPATH, or the package's name without its version where only one has
 * it. Of several stages the one that failed, else the last one written. Logs of the build that is going on come
 * first. Throws `LOG_UNKNOWN` (no such package), `LOG_AMBIGUOUS`, `LOG_NONE` (known, but it has no logs; the
 * message says why), `LOG_NO_STAGE`; their hints say so when a build is going on that they know nothing of.
 */
export async function findLog(places: LogPlaces, name: string, stage: string | undefined): Promise<FoundLog> {
  const age = places.running && describeAge(places.running, places.report);
  try {
    return await searchLog(places, name, stage, age);
  } catch (error) {
    if (age === undefined || !(error instanceof BulkmeshError) || error.code === 'LOG_NO_STAGE') throw error;
    const hint = [error.hint, `(${age})`].filter((text) => text !== '').join('\n  ');
    throw new BulkmeshError(error.code, error.message, { hint, cause: error });
  }
}

async function searchLog(
  places: LogPlaces,
  name: string,
  stage: string | undefined,
  age: string | undefined,
): Promise<FoundLog> {
  const { logDir, report, running } = places;
  const scanned = report?.scanFailures.find((failure) => failure.pkgpath === name);
  if (scanned !== undefined) {
    return { kind: 'scan', pkgpath: name, reason: scanned.reason, text: scanned.detail, age };
  }
  const withLogs = new Set((await listNames(logDir)).filter((entry) => entry !== 'meta'));
  const fresh = await listFresh(places, withLogs, name);
  const pkg = choosePackage(name, fresh, withLogs, report);
  const dir = join(logDir, pkg);
  const isFresh = fresh.has(pkg);
  // A new log is not of the stage where an earlier build failed.
  const isTold = !isFresh || report?.build === running?.build;
  const known = isTold ? report?.packages.find((one) => one.pkgname === pkg) : undefined;
  const stages = (await listNames(dir))
    .filter((file) => file.endsWith('.log'))
    .map((file) => file.slice(0, -4));
  if (stages.length === 0) throw describeNoLogs(pkg, known);
  const chosen = stage ?? (await chooseStage(dir, stages, known));
  if (!stages.includes(chosen)) {
    throw new BulkmeshError('LOG_NO_STAGE', `${pkg} has no log of a stage "${chosen}"`, {
      hint: `it has: ${stages.join(', ')}`,
    });
  }
  return {
    kind: 'file',
    pkg,
    stage: chosen,
    path: join(dir, `${chosen}.log`),
    age: isFresh ? undefined : age,
  };
}

/** The packages that a name may mean of which the running build has logs; none where none runs. */
async function listFresh(
  { logDir, report, running }: LogPlaces,
  withLogs: ReadonlySet<string>,
  name: string,
): Promise<ReadonlySet<string>> {
  const fresh = new Set<string>();
  if (running === undefined) return fresh;
  // The running build may have another version of a package than the report, which alone knows its path.
  const byPath = (report?.packages ?? []).filter((pkg) => pkg.pkgpath === name);
  const bases = new Set([name, ...byPath.map((pkg) => stripVersion(pkg.pkgname))]);
  for (const pkg of withLogs) {
    const isMeant = pkg === name || bases.has(stripVersion(pkg));
    if (isMeant && (await hasLogsOf(running, join(logDir, pkg)))) fresh.add(pkg);
  }
  return fresh;
}

function choosePackage(
  name: string,
  fresh: ReadonlySet<string>,
  withLogs: ReadonlySet<string>,
  report: Report | undefined,
): string {
  const packages = report?.packages ?? [];
  const names = new Set([...withLogs, ...packages.map((pkg) => pkg.pkgname)]);
  if (names.has(name)) return name;
  const byPath = packages.filter((pkg) => pkg.pkgpath === name).map((pkg) => pkg.pkgname);
  const byBase = [...names].filter((pkg) => stripVersion(pkg) === name);
  const meant = byPath.length > 0 ? byPath : byBase;
  // Of several variants those that built have no logs left: the one that has is meant.
  const narrowed = meant.filter((pkg) => withLogs.has(pkg));
  const choice = fresh.size > 0 ? [...fresh] : narrowed.length > 0 ? narrowed : meant;
  const [only, ...others] = choice;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) {
    throw new BulkmeshError('LOG_AMBIGUOUS', `"${name}" means ${choice.length} packages`, {
      hint: `name one of: ${choice.slice(0, 8).join(', ')}`,
    });
  }
  throw describeUnknown(name, names, packages, report);
}

function describeUnknown(
  name: string,
  names: ReadonlySet<string>,
  packages: readonly ReportedPackage[],
  report: Report | undefined,
): BulkmeshError {
  const bases = new Map([...names].map((pkg) => [stripVersion(pkg), pkg]));
  const paths = packages.map((pkg) => pkg.pkgpath);
  const near = name.includes('/')
    ? suggestNames(name, new Set(paths), 3)
    : [...new Set([...suggestNames(name, names, 3), ...suggestNames(name, bases.keys(), 3)])].slice(0, 3);
  const hint =
    near.length > 0
      ? `did you mean ${near.join(', or ')}?`
      : report === undefined
        ? 'there is no report of a build yet: bulkmesh build'
        : '"bulkmesh report" lists the packages of the last build';
  return new BulkmeshError('LOG_UNKNOWN', `no package "${name}" in the last build`, { hint });
}

function describeNoLogs(pkg: string, known: ReportedPackage | undefined): BulkmeshError {
  const why = explainNoLogs(known);
  return new BulkmeshError('LOG_NONE', `${pkg} has no logs: ${why.message}`, { hint: why.hint });
}

function explainNoLogs(known: ReportedPackage | undefined): {
  readonly message: string;
  readonly hint: string;
} {
  const reason = known?.reason ?? 'no reason recorded';
  const culprits = known?.culprits ?? [];
  switch (known?.standing) {
    case 'done':
      return { message: 'it was built, and the logs of a built package are removed', hint: '' };
    case 'prefailed':
      return { message: `the tree says not to build it: ${reason}`, hint: '' };
    case 'unresolved':
      return { message: `its dependencies cannot be resolved: ${reason}`, hint: '' };
    case 'indirect-failed':
      return {
        message: `it was not tried, because ${culprits.join(', ')} failed`,
        hint: `see: bulkmesh log ${culprits[0] ?? ''}`,
      };
    case 'indirect-prefailed':
      return { message: `it was not tried, because it needs ${culprits.join(', ')}`, hint: '' };
    case 'open':
      return { message: 'it has not been built yet', hint: 'the build goes on with: bulkmesh build' };
    default:
      return { message: 'its log directory is empty', hint: '' };
  }
}

/** The builder's own notes, and what it writes after a stage has failed: asked for by name. */
const besides: ReadonlySet<string> = new Set(['setup', 'clean', 'work']);

async function chooseStage(
  dir: string,
  stages: readonly string[],
  known: ReportedPackage | undefined,
): Promise<string> {
  if (known?.stage !== undefined && stages.includes(known.stage)) return known.stage;
  const own = stages.filter((stage) => !besides.has(stage));
  const times = await Promise.all(
    (own.length > 0 ? own : stages).map(async (stage) => ({
      stage,
      atMs: (await stat(join(dir, `${stage}.log`))).mtimeMs,
    })),
  );
  times.sort((a, b) => b.atMs - a.atMs);
  return times[0]?.stage ?? '';
}

function stripVersion(pkgname: string): string {
  const dash = pkgname.lastIndexOf('-');
  return dash < 0 ? pkgname : pkgname.slice(0, dash);
}

async function listNames(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new BulkmeshError('LOG_UNREADABLE', `${dir} cannot be read: ${String(error)}`, { cause: error });
  }
}
