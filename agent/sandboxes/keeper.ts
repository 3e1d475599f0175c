import { mkdirSync, renameSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import type { RunResult } from '../../src/core/input.ts';
import { messageOf } from '../../src/errors.ts';
import { STAGE_TARGETS } from '../../src/pkgsrc/build/stages.ts';
import { makeCommand } from '../../src/pkgsrc/make.ts';
import type { Sandbox } from '../../src/sandbox/driver.ts';
import { type KeptPart, type KeptRecord, keptDir, writeKept } from '../../src/sandbox/keep/record.ts';
import { isOpen, type KeepBounds, newPrefix, pruneKept, removeKept } from '../../src/sandbox/keep/store.ts';
import { runTool } from '../../src/sandbox/process.ts';
import type { LiveBuild } from '../build/live.ts';

const gib = 1024 ** 3;
const hourMs = 3_600_000;
/** A disk with less than this part free is for builds. */
const freeMin = 0.15;

/** A run of the live build that ended. */
export interface EndedRun {
  readonly live: LiveBuild;
  readonly pkg: string;
  readonly jobs: number;
  readonly result: RunResult;
}

/** Keeps sandboxes of packages that failed for good, so that people can look into them. */
export interface Keeper {
  /**
   * In place of `destroy` of the sandbox. True: it is gone, and what was worth keeping is kept. False: it is as it was, or
   * half gone, and `destroy` is to be called. Never rejects.
   */
  keep(sandbox: Sandbox, ended: EndedRun): Promise<boolean>;
}

export interface KeeperOptions {
  readonly config: Config;
  /** One line for the operator. */
  readonly onWarning: (text: string) => void;
}

/** The bounds that the configuration sets. */
const keepBounds = ({ sandbox }: Config): KeepBounds => ({
  count: sandbox.keepFailed,
  sizeBytes: sandbox.keepGiB * gib,
});

export const createKeeper = ({ config, onWarning }: KeeperOptions): Keeper => {
  const bounds = keepBounds(config);
  return {
    keep: async (sandbox, ended) => {
      const { result, pkg } = ended;
      if (result.kind !== 'ended' || result.outcome.kind !== 'failed') return false;
      if (bounds.count === 0 || sandbox.keep === undefined || !isPlainName(pkg)) return false;
      const passing = join(keptDir(config.paths.state), `${newPrefix}${process.pid}-${sandbox.slot}`);
      try {
        const why = findObstacle(config, pkg);
        if (why !== undefined) {
          onWarning(`the sandbox of ${pkg} is not kept: ${why}`);
          return false;
        }
        mkdirSync(keptDir(config.paths.state), { recursive: true, mode: 0o700 });
        const parts = await sandbox.keep(passing, bounds.sizeBytes);
        await file(config, passing, ended, parts);
        await pruneKept(config.paths.state, bounds);
        return true;
      } catch (error) {
        onWarning(`the sandbox of ${pkg} is not kept: ${messageOf(error)}`);
        await removeKept(passing).catch((trouble: unknown) => onWarning(messageOf(trouble)));
        return false;
      }
    },
  };
};

/** Gives the kept sandbox its record and its name; an older one of the same package goes. */
const file = async (
  config: Config,
  passing: string,
  ended: EndedRun,
  parts: readonly KeptPart[],
): Promise<void> => {
  const sizeBytes = await measure(passing);
  const dir = join(keptDir(config.paths.state), ended.pkg);
  writeKept(passing, { ...describeRun(config, ended), sizeBytes, parts: [...parts] });
  await removeKept(dir);
  renameSync(passing, dir);
};

const describeRun = (
  config: Config,
  { live, pkg, jobs, result }: EndedRun,
): Omit<KeptRecord, 'sizeBytes' | 'parts'> => {
  const found = live.byName.get(pkg);
  const outcome = result.kind === 'ended' ? result.outcome : undefined;
  if (found === undefined || outcome?.kind !== 'failed') throw new Error(`${pkg} did not fail in this build`);
  const { record } = found;
  const { user } = live.ground;
  const call = makeCommand(live.survey.make, {
    dir: record.pkgpath,
    targets: STAGE_TARGETS[outcome.stage] ?? ['all'],
    assignments: record.multiVersion,
    jobs: record.makeJobsSafe ? jobs : 1,
    user,
    output: { kind: 'capture', maxBytes: 0 },
    signal: new AbortController().signal,
  });
  const failedAtMs = Date.now();
  return {
    format: 1,
    pkg,
    pkgpath: record.pkgpath,
    build: live.build,
    stage: outcome.stage,
    reason: outcome.reason,
    logDir: join(config.paths.bulklog, pkg),
    failedAtMs,
    untilMs: failedAtMs + config.sandbox.keepHours * hourMs,
    again: [...call.argv],
    cwd: call.cwd,
    workDir: join(live.survey.make.workDir, record.pkgpath),
    ...(user === undefined ? {} : { user }),
    env: { ...call.env },
  };
};

const findObstacle = ({ paths }: Config, pkg: string): string | undefined => {
  const { bavail, blocks } = statfsSync(paths.state);
  if (bavail < blocks * freeMin) return `less than ${freeMin * 100} % of the disk of ${paths.state} are free`;
  return isOpen(paths.state, pkg) ? 'somebody is in the one that was kept before' : undefined;
};

/** What can be the name of a directory, and of one that mount tables can carry. */
const isPlainName = (pkg: string): boolean => /^[A-Za-z0-9][A-Za-z0-9+._@~-]*$/.test(pkg);

/** As du(1) counts; of what this account may not enter, nothing. */
const measure = async (dir: string): Promise<number> => {
  const { stdout } = await runTool(['du', '-skx', dir]);
  return (Number.parseInt(stdout, 10) || 0) * 1024;
};
