import { access } from 'node:fs/promises';
import type { RunResult } from '../../core/input.ts';
import { messageOf } from '../../errors.ts';
import { parseShowVars, showVarsCommand } from '../make.ts';
import { checkPkgName, checkPkgPath } from '../name.ts';
import { packageFile } from '../repository/place.ts';
import { keepNote, readInputs, SOURCE_NAMES, type SourceVariables } from './inputs.ts';
import { openPackageLogs } from './log.ts';
import { FULL_DISK_LOG_BYTES_MAX, LOG_BYTES_MAX } from './logcut.ts';
import type { BuildRequest } from './request.ts';
import { rescueWorkLog } from './rescue.ts';
import { PackageRun, type StageEnd, type StageFailure, type StageRun } from './run.ts';
import { type SaveResult, savePackage } from './save.ts';
import { CLEAN, MAKE_STAGES, type MakeStage, PRE_CLEAN, type StageName } from './stages.ts';

/**
 * Builds one package in a prepared sandbox, from clean to the package file in `<packages>/All`. Never throws
 * for what a package or the host does: whatever is not the package's own doing comes back as trouble.
 */
export async function buildPackage(request: BuildRequest): Promise<RunResult> {
  try {
    checkPkgPath(request.record.pkgpath);
    for (const name of request.depends) checkPkgName(name);
    const logs = await openPackageLogs(request.logDir, request.record.pkgname);
    const run = new PackageRun(request, logs);
    const result = await runPackage(run).catch((error: unknown) => troubleOfError(request, error));
    await boundLogs(run, result);
    return result;
  } catch (error) {
    return troubleOfError(request, error);
  }
}

/**
 * What the package printed must not keep the disk full that it filled, or else no package could be built again
 * before somebody comes and deletes it. A program that still runs would fill it anew.
 */
async function boundLogs(run: PackageRun, result: RunResult): Promise<void> {
  if (result.kind !== 'trouble' || result.trouble !== 'disk-full') return run.logs.cut(LOG_BYTES_MAX);
  await run.killAll().catch((error: unknown) => run.logs.note(`the sandbox: ${String(error)}`));
  await run.logs.cut(FULL_DISK_LOG_BYTES_MAX);
}

/** What the tree says of the package before anything is built. */
interface PackageVariables {
  readonly workDir: string;
  readonly stageFile: string;
  readonly sources: SourceVariables;
}

async function runPackage(run: PackageRun): Promise<RunResult> {
  const { request } = run;
  await run.logs.note(`slot ${request.sandbox.slot}, MAKE_JOBS ${run.jobs}`);
  const missing = await findMissingFiles(request);
  if (missing !== undefined) {
    return { kind: 'trouble', trouble: 'missing-dependency', detail: `${missing} is not there` };
  }
  const asked = await preClean(run);
  if (asked.kind !== 'asked') return finish(run, 'pre-clean', asked, undefined);
  const { variables } = asked;
  const inputs = await readInputs(request, variables.sources);

  for (const [step, work] of stagesOf(run, variables)) {
    const end = await run.runStage(step, work);
    if (end.kind !== 'passed') return finish(run, step, end, variables);
  }

  await run.killAll();
  const saved = await save(run, variables);
  if (saved.kind !== 'saved') return finish(run, 'package', saved, variables);
  await keepNote(request, saved, inputs).catch((error: unknown) =>
    run.logs.note(`the package has no note: ${messageOf(error)}`),
  );
  const diskBytes = await cleanUp(run, variables);
  if (!request.keepLogs) await run.logs.remove();
  const outcome = { kind: 'built', digest: saved.digest, sizeBytes: saved.sizeBytes } as const;
  return { kind: 'ended', outcome, steps: run.steps, cpuMs: run.cpuMs, diskBytes };
}

type Step = readonly [StageName, (stage: StageRun) => Promise<StageEnd>];

/** The stages between pre-clean and save that this package has. */
function stagesOf(run: PackageRun, variables: PackageVariables): readonly Step[] {
  const { record, depends } = run.request;
  const makes = MAKE_STAGES.map(
    (stage): Step => [
      stage.name,
      stage.name === 'package'
        ? (open) => packageAndTry(run, stage, open, variables)
        : (open) => runMakeStage(run, stage, open),
    ],
  );
  const dependsStep: Step = [
    'depends',
    ({ run: execute, logFd }) =>
      execute('pkg_add', run.toolCommand('pkg_add', depends, { kind: 'log', fd: logFd })),
  ];
  const deinstallStep: Step = [
    'deinstall',
    ({ run: execute, logFd }) =>
      execute('pkg_delete', run.toolCommand('pkg_delete', [record.pkgname], { kind: 'log', fd: logFd })),
  ];
  return [
    ...(depends.length === 0 ? [] : [dependsStep]),
    ...makes,
    // What the kit itself consists of is neither installed over itself nor taken away.
    ...(record.bootstrapPkg ? [] : [deinstallStep]),
  ];
}

async function runMakeStage(run: PackageRun, stage: MakeStage, open: StageRun): Promise<StageEnd> {
  const { record, user } = run.request;
  if (stage.usergroup !== undefined && stage.usergroup.phase === record.usergroupPhase) {
    const { targets } = stage.usergroup;
    const end = await open.run(`make ${targets.join(' ')}`, run.makeCommand({ targets }, open.logFd));
    if (end.kind !== 'passed') return end;
  }
  const runner = stage.user[record.useDestdir] === 'builder' ? user : undefined;
  const { targets, network } = stage;
  return open.run(
    `make ${targets.join(' ')}`,
    run.makeCommand({ targets, user: runner, network }, open.logFd),
  );
}

async function packageAndTry(
  run: PackageRun,
  stage: MakeStage,
  open: StageRun,
  variables: PackageVariables,
): Promise<StageEnd> {
  const { record } = run.request;
  const end = await runMakeStage(run, stage, open);
  // Without DESTDIR the package is installed already.
  if (end.kind !== 'passed' || record.bootstrapPkg || record.useDestdir === 'no') return end;
  const output = { kind: 'log', fd: open.logFd } as const;
  return open.run('test install', run.toolCommand('pkg_add', [variables.stageFile], output));
}

type Saved = Extract<SaveResult, { kind: 'saved' }>;
type Asked = { readonly kind: 'asked'; readonly variables: PackageVariables };

const VARIABLE_NAMES = ['WRKDIR', 'STAGE_PKGFILE', '_MAKE_JOBS_N', ...SOURCE_NAMES] as const;

/**
 * Cleans, and asks make for everything at once that is asked of it: each call reads the whole infrastructure.
 */
const preClean = (run: PackageRun): Promise<Asked | StageFailure> =>
  run.runStage('pre-clean', async (open) => {
    const { environment, record, signal } = run.request;
    const { targets } = PRE_CLEAN;
    // What cannot be cleaned in an empty sandbox is found by the stages that follow.
    const cleaned = await open.run('make clean', run.makeCommand({ targets }, open.logFd));
    if (cleaned.kind === 'trouble') return cleaned;
    const call = { dir: record.pkgpath, assignments: run.words, jobs: run.jobs, signal };
    const result = await open.runRaw('make show-vars', showVarsCommand(environment, call, VARIABLE_NAMES));
    if (result.kind === 'exited' && result.stderr !== '') await run.logs.note(result.stderr.trim());
    const said = await open.classify('make show-vars', result);
    if (said.kind !== 'passed') return said;
    const answer = result.kind === 'exited' ? parseShowVars(result.stdout, VARIABLE_NAMES) : undefined;
    if (answer === undefined || !isPlainPath(answer.WRKDIR) || !isPlainPath(answer.STAGE_PKGFILE)) {
      return { kind: 'failed', reason: 'make show-vars tells no WRKDIR and STAGE_PKGFILE' };
    }
    await run.logs.note(`WRKDIR ${answer.WRKDIR}, _MAKE_JOBS_N ${answer._MAKE_JOBS_N || '(not set)'}`);
    const variables = { workDir: answer.WRKDIR, stageFile: answer.STAGE_PKGFILE, sources: answer };
    return { kind: 'asked', variables };
  });

const isPlainPath = (path: string): boolean => path.startsWith('/') && !/[\x00-\x1f]/.test(path);

const save = (run: PackageRun, variables: PackageVariables): Promise<Saved | StageFailure> =>
  run.runStage('save', async (open) => {
    const { sandbox, record, tree, owner, signal } = run.request;
    const result = await savePackage({
      sandbox,
      stageFile: variables.stageFile,
      pkgname: record.pkgname,
      pkgSuffix: tree.pkgSuffix,
      packagesDir: tree.packages,
      categories: record.categories.split(/\s+/).filter((word) => word !== ''),
      owner,
      logFd: open.logFd,
      onWarning: (line) => run.logs.note(line),
      signal,
    });
    switch (result.kind) {
      case 'saved':
        return result;
      case 'refused':
        return { kind: 'failed', reason: result.reason };
      case 'noRoom':
        return { kind: 'trouble', trouble: 'disk-full', detail: result.detail };
      case 'notRead': {
        const read = await open.classify('reading the package', result.result);
        if (read.kind === 'trouble') return read;
        // The reader is this program's own: its failure is never the package's.
        const detail = read.kind === 'failed' ? read.reason : 'the package could not be read';
        return { kind: 'trouble', trouble: 'sandbox', detail };
      }
    }
  });

/** The end of an attempt that built nothing: what may help is kept, and the work area cleaned. */
async function finish(
  run: PackageRun,
  step: StageName,
  end: StageFailure,
  variables: PackageVariables | undefined,
): Promise<RunResult> {
  if (end.kind === 'trouble') {
    await run.logs.note(`${step}: ${end.trouble}: ${end.detail}`);
    return { kind: 'trouble', trouble: end.trouble, detail: `${step}: ${end.detail}` };
  }
  const { reason } = end;
  await run.logs.note(`${step}: ${reason}`);
  await run.killAll();
  if (variables !== undefined) await rescueWorkLog(run, variables.workDir);
  const diskBytes = variables === undefined ? 0 : await cleanUp(run, variables);
  return {
    kind: 'ended',
    outcome: { kind: 'failed', class: 'package', stage: step, reason },
    steps: run.steps,
    cpuMs: run.cpuMs,
    diskBytes,
  };
}

/**
 * Measures the work area and cleans it. The package has its result already: nothing here changes it, and once
 * the agent stops, nothing here is worth waiting for.
 */
async function cleanUp(run: PackageRun, variables: PackageVariables): Promise<number> {
  const { sandbox, signal } = run.request;
  if (signal.aborted) return 0;
  const diskBytes = await sandbox.diskUsage(variables.workDir).catch(() => 0);
  await run
    .runStage('clean', (open) =>
      open.run('make clean', run.makeCommand({ targets: CLEAN.targets }, open.logFd)),
    )
    .catch((error: unknown) => run.logs.note(`clean: ${String(error)}`));
  return diskBytes;
}

/** The first dependency whose package file is not in the repository. */
async function findMissingFiles(request: BuildRequest): Promise<string | undefined> {
  const { packages, pkgSuffix } = request.tree;
  for (const name of request.depends) {
    const file = packageFile(packages, name, pkgSuffix);
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (!isThere) return file;
  }
  return undefined;
}

function troubleOfError(request: BuildRequest, error: unknown): RunResult {
  const detail = messageOf(error);
  if (request.signal.aborted) return { kind: 'trouble', trouble: 'killed', detail };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') return { kind: 'trouble', trouble: 'disk-full', detail };
  return { kind: 'trouble', trouble: code.startsWith('SANDBOX') ? 'sandbox' : 'internal', detail };
}
