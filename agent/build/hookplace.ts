import { access, constants, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { SandboxSpec } from '../../src/sandbox/driver.ts';
import { findShared } from '../../src/sandbox/hostPath.ts';

/** What of a sandbox decides which files of the host it shows. */
export interface Inside {
  readonly spec: Pick<SandboxSpec, 'kitDir' | 'opaqueDirs' | 'shares'>;
  /** False: programs run on the host itself. */
  readonly isIsolated: boolean;
}

/**
 * Makes sure that the programs of all hooks can be run where they are to run. Throws HOOK_MISSING, or HOOK_OUTSIDE for
 * one that no sandbox shows: found now, and not once for each package.
 */
export const checkHooks = async (config: Config, inside: Inside): Promise<void> => {
  const { beforeBuild, afterBuild, beforePackage, afterPackage } = config.hooks;
  await checkHost('before_build', beforeBuild[0]);
  await checkHost('after_build', afterBuild[0]);
  await checkInside('before_package', beforePackage[0], config, inside);
  await checkInside('after_package', afterPackage[0], config, inside);
};

const checkHost = async (key: string, program: string | undefined): Promise<void> => {
  if (program === undefined || (await isProgram(program))) return;
  throw new BulkmeshError('HOOK_MISSING', `hooks.${key}: ${program} is no program that can be run`, {
    hint: 'give the absolute path of an executable file, or remove the hook',
  });
};

const checkInside = async (
  key: string,
  program: string | undefined,
  config: Config,
  { spec, isIsolated }: Inside,
): Promise<void> => {
  if (program === undefined) return;
  const source = isIsolated ? findSource(program, config.sandbox.systemDirs, spec) : program;
  if (source === undefined) {
    throw new BulkmeshError('HOOK_OUTSIDE', `hooks.${key}: no sandbox shows ${program}`, {
      hint: 'add its directory to sandbox.ro_dirs: hooks of packages run inside',
    });
  }
  await checkHost(key, source);
};

/** Where on the host a program inside comes from; undefined for a path that sandboxes do not have. */
const findSource = (
  program: string,
  systemDirs: readonly string[],
  { kitDir, opaqueDirs, shares }: Inside['spec'],
): string | undefined => {
  const shared = findShared(program, shares);
  if (shared !== undefined) return shared;
  const isOpaque = opaqueDirs.some((dir) => isBelow(program, dir));
  if (isOpaque) return kitDir === undefined ? undefined : join(kitDir, program);
  return systemDirs.some((dir) => isBelow(program, dir)) ? program : undefined;
};

const isBelow = (path: string, dir: string): boolean => {
  const below = relative(dir, path);
  return below !== '' && below !== '..' && !below.startsWith('../');
};

const isProgram = async (path: string): Promise<boolean> => {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
};
