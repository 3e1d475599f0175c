import { join, relative } from 'node:path';
import { parseShowVars, showVarsCommand } from '../make.ts';
import { type Distfiles, listDistfiles } from './distfiles.ts';
import { SOURCE_NAMES, type SourceVariables } from './inputs.ts';
import type { PackageRun, StageFailure } from './run.ts';
import { CLEAN_TARGETS } from './stages.ts';

/** What the tree says of the package before anything is built. */
export interface PackageVariables {
  /** WRKDIR. */
  readonly workDir: string;
  /** STAGE_PKGFILE. */
  readonly stageFile: string;
  readonly distfiles: Distfiles;
  readonly sources: SourceVariables;
  /** WRKDIR goes with the sandbox: cleaning it would be a start of make for nothing. */
  readonly isDropped: boolean;
}

const VARIABLE_NAMES = [
  ...['WRKDIR', 'STAGE_PKGFILE', '_MAKE_JOBS_N'],
  ...['DISTDIR', 'DISTFILES', '_ALLFILES'],
  ...SOURCE_NAMES,
] as const;

type Asked = { readonly kind: 'asked'; readonly variables: PackageVariables };

/**
 * The stage `pre-clean`: asks make for everything at once that is asked of it, as each call reads the whole
 * infrastructure, and cleans where something could have been left.
 */
export const askPackage = (run: PackageRun): Promise<Asked | StageFailure> =>
  run.runStage('pre-clean', async (open) => {
    const { environment, policy, record, shares, signal } = run.request;
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
    const isDropped = policy.isDropped && isBelow(answer.WRKDIR, environment.workDir);
    if (!isDropped) {
      // What cannot be cleaned in an empty sandbox is found by the stages that follow.
      const cleaned = await open.run('make clean', run.makeCommand({ targets: CLEAN_TARGETS }, open.logFd));
      if (cleaned.kind === 'trouble') return cleaned;
    }
    const { pkgsrc } = environment;
    const dir = join(pkgsrc, record.pkgpath);
    const distfiles = await listDistfiles(answer, { pkgsrc, dir, shares });
    const { WRKDIR: workDir, STAGE_PKGFILE: stageFile } = answer;
    return { kind: 'asked', variables: { workDir, stageFile, distfiles, isDropped, sources: answer } };
  });

const isPlainPath = (path: string): boolean => path.startsWith('/') && !/[\x00-\x1f]/.test(path);

function isBelow(path: string, dir: string): boolean {
  const below = relative(dir, path);
  return below !== '' && !below.startsWith('..');
}
