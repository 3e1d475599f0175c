import { access } from 'node:fs/promises';
import type { RunResult } from '../../core/input.ts';
import { messageOf } from '../../errors.ts';
import { checkPkgName, checkPkgPath } from '../name.ts';
import { packageFile } from '../repository/place.ts';
import { askPackage, type PackageVariables } from './ask.ts';
import { installDepends } from './depends.ts';
import { type HookResult, runAfterHook, runBeforeHook } from './hooks.ts';
import { keepNote, readInputs } from './inputs.ts';
import { keepRemains } from './keep.ts';
import { openPackageLogs } from './log.ts';
import { FULL_DISK_LOG_BYTES_MAX } from './logcut.ts';
import type { BuildRequest } from './request.ts';
import { rescueWorkLog } from './rescue.ts';
import { PackageRun, type StageFailure } from './run.ts';
import { type SaveResult, savePackage } from './save.ts';
import { CLEAN_TARGETS, type StageName } from './stages.ts';
import { listSteps } from './steps.ts';

/**
 * Builds one package in a prepared sandbox, from clean to the package file in `All` of the repository. Never throws
 * for what a package or the host does: whatever is not the package's own doing comes back as trouble.
 */
export async function buildPackage(request: BuildRequest): Promise<RunResult> {
  try {
    checkPkgPath(request.record.pkgpath);
    for (const name of request.depends) checkPkgName(name);
    const logs = await openPackageLogs(request.logDir, request.record.pkgname);
    const run = new PackageRun(request, logs);
    const result = await runPackage(run).catch((error: unknown) => troubleOfError(request, error));
    await runAfterHook(run, describeResult(result)).catch((error: unknown) =>
      logs.note(`after_package: ${messageOf(error)}`),
    );
    await boundLogs(run, result);
    if (hasNoUse(request, result)) await logs.remove();
    else await releaseLogs(run);
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
  const { logBytesMax } = run.request.policy.watch;
  if (result.kind !== 'trouble' || result.trouble !== 'disk-full') return run.logs.cut(logBytesMax);
  await run.killAll().catch((error: unknown) => run.logs.note(`the sandbox: ${String(error)}`));
  await run.logs.cut(Math.min(FULL_DISK_LOG_BYTES_MAX, logBytesMax));
}

/** A program that still runs could give them rights afterwards: then they stay closed. */
const releaseLogs = (run: PackageRun): Promise<void> =>
  run
    .killAll()
    .then(() => run.logs.release())
    .catch((error: unknown) => run.logs.note(`the logs stay closed: ${messageOf(error)}`));

const hasNoUse = ({ keepLogs }: BuildRequest, result: RunResult): boolean =>
  !keepLogs && result.kind === 'ended' && result.outcome.kind === 'built';

function describeResult(result: RunResult): HookResult {
  if (result.kind === 'trouble') return { result: 'trouble', stage: '' };
  const { outcome } = result;
  return { result: outcome.kind, stage: outcome.kind === 'failed' ? outcome.stage : '' };
}

async function runPackage(run: PackageRun): Promise<RunResult> {
  const { request } = run;
  await run.logs.note(`slot ${request.sandbox.slot}, MAKE_JOBS ${run.jobs}`);
  const missing = await findMissingFiles(request);
  if (missing !== undefined) {
    const detail = `${missing} is not there`;
    await run.logs.note(detail);
    return { kind: 'trouble', trouble: 'missing-dependency', detail };
  }
  const before = await runBeforeHook(run);
  if (before.kind !== 'passed') return finish(run, 'hooks', before, undefined);
  const installed = await installDepends(run);
  if (installed.kind !== 'passed') return finish(run, 'depends', installed, undefined);
  const asked = await askPackage(run);
  if (asked.kind !== 'asked') return finish(run, 'pre-clean', asked, undefined);
  const { variables } = asked;
  const inputs = await readInputs(request, variables.sources);

  for (const step of listSteps(run, variables)) {
    const end = await step.run();
    if (end.kind !== 'passed') return finish(run, step.name, end, variables);
  }

  await run.killAll();
  const saved = await save(run, variables);
  if (saved.kind !== 'saved') return finish(run, 'package', saved, variables);
  await keepNote(request, saved, inputs).catch((error: unknown) =>
    run.logs.note(`the package has no note: ${messageOf(error)}`),
  );
  const taken = await cleanUp(run, variables);
  const outcome = { kind: 'built', digest: saved.digest, sizeBytes: saved.sizeBytes } as const;
  return { kind: 'ended', outcome, steps: run.steps, cpuMs: run.cpuMs, ...taken };
}

type Saved = Extract<SaveResult, { kind: 'saved' }>;

const save = (run: PackageRun, variables: PackageVariables): Promise<Saved | StageFailure> =>
  run.runStage('save', async (open) => {
    const { sandbox, record, repositoryDir, tree, owner, policy, signal } = run.request;
    const result = await savePackage({
      sandbox: { run: open.runReader, killAll: () => sandbox.killAll() },
      stageFile: variables.stageFile,
      pkgname: record.pkgname,
      pkgSuffix: tree.pkgSuffix,
      packageBytesMax: policy.packageBytesMax,
      packagesDir: repositoryDir,
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
  step: StageName | 'hooks',
  end: StageFailure,
  variables: PackageVariables | undefined,
): Promise<RunResult> {
  if (end.kind === 'trouble') {
    await run.logs.note(`${step}: ${end.trouble}: ${end.detail}`);
    return { kind: 'trouble', trouble: end.trouble, detail: `${step}: ${end.detail}`, stage: step };
  }
  const { reason } = end;
  await run.logs.note(`${step}: ${reason}`);
  await run.killAll();
  if (variables !== undefined) {
    await rescueWorkLog(run, variables.workDir);
    await keepRemains(run, variables.workDir, { isInstalled: run.hasReached('install') });
  }
  const taken = variables === undefined ? nothing : await cleanUp(run, variables);
  return {
    kind: 'ended',
    outcome: { kind: 'failed', class: 'package', stage: step, reason },
    steps: run.steps,
    cpuMs: run.cpuMs,
    ...taken,
  };
}

/** What a package took of the host. */
type Taken = Pick<Extract<RunResult, { kind: 'ended' }>, 'diskBytes' | 'memoryBytes'>;
const nothing: Taken = { diskBytes: 0, memoryBytes: 0 };

/**
 * Measures the work area and cleans it. The package has its result already: nothing here changes it, and once
 * the agent stops, nothing here is worth waiting for.
 */
async function cleanUp(run: PackageRun, variables: PackageVariables): Promise<Taken> {
  const { sandbox, signal } = run.request;
  if (signal.aborted) return nothing;
  const usage = await sandbox.usage().catch(() => undefined);
  const diskBytes = await sandbox.diskUsage(variables.workDir).catch(() => 0);
  const taken = { diskBytes, memoryBytes: usage?.memoryPeakBytes ?? 0 };
  if (variables.isDropped) return taken;
  await run
    .runStage('clean', (open) =>
      open.run('make clean', run.makeCommand({ targets: CLEAN_TARGETS }, open.logFd)),
    )
    .catch((error: unknown) => run.logs.note(`clean: ${String(error)}`));
  return taken;
}

/** The first dependency whose package file is not in the repository. */
async function findMissingFiles(request: BuildRequest): Promise<string | undefined> {
  const { repositoryDir, tree } = request;
  for (const name of request.depends) {
    const file = packageFile(repositoryDir, name, tree.pkgSuffix);
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
