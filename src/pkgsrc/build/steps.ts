import type { PackageVariables } from './ask.ts';
import { bringOut } from './bringout.ts';
import { fetchFiles, fetchUnlisted } from './fetch.ts';
import { Haul } from './haul.ts';
import type { PackageRun, StageEnd, StageRun } from './run.ts';
import { MAKE_STAGES, type MakeStage, type StageName } from './stages.ts';

/** One stage of a package; a stage that has nothing to do runs nothing and passes. */
export interface Step {
  readonly name: StageName;
  readonly run: () => Promise<StageEnd>;
}

/** The stages between pre-clean and save that this package has. */
export function listSteps(run: PackageRun, variables: PackageVariables): readonly Step[] {
  const { record } = run.request;
  const haul = new Haul();
  const makes = MAKE_STAGES.map((stage): Step => {
    const { name } = stage;
    if (name === 'checksum') return { name, run: () => checkFiles(run, stage, variables, haul) };
    const work = (open: StageRun): Promise<StageEnd> =>
      name === 'package' ? packageAndTry(run, stage, open, variables) : runMakeStage(run, stage, open);
    return { name, run: () => run.runStage(name, work) };
  });
  return [
    { name: 'fetch', run: async () => passIfSkipped(await fetchFiles(run, variables.distfiles, haul)) },
    ...makes,
    // What the kit itself consists of is neither installed over itself nor taken away.
    ...(record.bootstrapPkg ? [] : [{ name: 'deinstall' as const, run: () => tryRemoval(run) }]),
  ];
}

const passIfSkipped = (end: Awaited<ReturnType<typeof fetchFiles>>): StageEnd =>
  end.kind === 'skipped' ? { kind: 'passed' } : end;

const tryRemoval = (run: PackageRun): Promise<StageEnd> =>
  run.runStage('deinstall', (open) => {
    const { pkgname } = run.request.record;
    return open.run('pkg_delete', run.toolCommand('pkg_delete', [pkgname], { kind: 'log', fd: open.logFd }));
  });

/** The stage `checksum`; files that passed it are brought out of the sandbox, those that did not never are. */
async function checkFiles(
  run: PackageRun,
  stage: MakeStage,
  variables: PackageVariables,
  haul: Haul,
): Promise<StageEnd> {
  using caught = haul;
  const check = (): Promise<StageEnd> =>
    run.runStage(stage.name, async (open) => {
      const end = await runMakeStage(run, stage, open);
      if (end.kind === 'passed') await bringOut(run, open.logFd, caught);
      return end;
    });
  const hasNone = variables.distfiles.kind === 'none';
  return await (hasNone ? checkUnlisted(run, check, haul) : check());
}

/**
 * The checksum of a package that lists no distribution files: without a network, as it should need none. One that
 * fails may have a way of its own to get them (a checkout by git): it is fetched for, and tried once more.
 */
async function checkUnlisted(run: PackageRun, check: () => Promise<StageEnd>, haul: Haul): Promise<StageEnd> {
  const first = await check();
  if (first.kind !== 'failed') return first;
  const fetched = await fetchUnlisted(run, haul);
  if (fetched.kind === 'trouble') return fetched;
  return fetched.kind === 'failed' ? first : check();
}

async function runMakeStage(run: PackageRun, stage: MakeStage, open: StageRun): Promise<StageEnd> {
  const { record, user } = run.request;
  if (stage.usergroup !== undefined && stage.usergroup.phase === record.usergroupPhase) {
    const { targets } = stage.usergroup;
    const end = await open.run(`make ${targets.join(' ')}`, run.makeCommand({ targets }, open.logFd));
    if (end.kind !== 'passed') return end;
  }
  const runner = stage.user[record.useDestdir] === 'builder' ? user : undefined;
  const { targets } = stage;
  return open.run(`make ${targets.join(' ')}`, run.makeCommand({ targets, user: runner }, open.logFd));
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
