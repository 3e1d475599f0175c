import { join } from 'node:path';
import { makeVariables } from '../make.ts';
import { recordBytes } from '../record.ts';
import type { PackageRun, StageEnd } from './run.ts';

/** What became of a package, for the hook after it. */
export interface HookResult {
  readonly result: 'built' | 'failed' | 'trouble';
  /** Where it failed; empty when it did not. */
  readonly stage: string;
}

/**
 * Runs the operator's program before a package, as root in its sandbox, with the presolve record on standard input.
 * When it fails that is trouble of the host: the package has not done anything yet.
 */
export async function runBeforeHook(run: PackageRun): Promise<StageEnd> {
  const argv = run.request.policy.beforePackage;
  if (argv.length === 0) return { kind: 'passed' };
  const end = await runHook(run, 'before_package', argv, {});
  if (end.kind === 'failed') return { kind: 'trouble', trouble: 'hook', detail: end.reason };
  // Who hangs is the operator's program, not the package.
  const hangs = end.kind === 'trouble' && end.trouble === 'timeout';
  return hangs ? { ...end, trouble: 'hook' } : end;
}

/** The same after it. The package has its result: what goes wrong here is a warning. */
export async function runAfterHook(run: PackageRun, { result, stage }: HookResult): Promise<void> {
  const { policy, record, onWarning, signal } = run.request;
  if (policy.afterPackage.length === 0 || signal.aborted) return;
  const variables = { BULKMESH_RESULT: result, BULKMESH_STAGE: stage };
  const end = await runHook(run, 'after_package', policy.afterPackage, variables);
  if (end.kind === 'passed' || signal.aborted) return;
  const why = end.kind === 'failed' ? end.reason : end.detail;
  onWarning(`${record.pkgname}: ${why}`);
}

const runHook = (
  run: PackageRun,
  name: 'before_package' | 'after_package',
  argv: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<StageEnd> =>
  run.runStage('hooks', ({ runUnlimited, classify, logFd }) => {
    const { environment, record, sandbox, signal, policy, tree } = run.request;
    return runUnlimited(`the hook ${name}`, {
      argv,
      env: {
        ...makeVariables(environment, undefined, undefined),
        ...policy.hookVariables,
        ...variables,
        BULKMESH_HOOK: name,
        BULKMESH_PKGNAME: record.pkgname,
        BULKMESH_PKGPATH: record.pkgpath,
        BULKMESH_SLOT: sandbox.slot,
        BULKMESH_PKG_DBDIR: tree.pkgDbdir,
        BULKMESH_PKG_ADD: join(tree.pkgToolsBin, 'pkg_add'),
      },
      cwd: '/',
      user: undefined,
      network: false,
      output: { kind: 'log', fd: logFd },
      input: formatRecord(run),
      signal,
    }).then((result) => classify(`the hook ${name}`, result));
  });

/** The record in pbulk's presolve format, as its own client scripts get it. */
function formatRecord(run: PackageRun): string {
  const { record, depends } = run.request;
  const dependsLine = depends.length === 0 ? '' : `DEPENDS=${depends.join(' ')}\n`;
  return `${recordBytes(record).toString('utf8')}${dependsLine}`;
}
