import { access, constants } from 'node:fs/promises';
import type { Config } from '../src/config/config.ts';
import { BulkmeshError } from '../src/errors.ts';
import { examineDriver, examineRootPlaces } from './doctor/driver.ts';
import type { Finding } from './doctor/finding.ts';
import { examineMake } from './doctor/make.ts';
import { examineMesh, isHelper } from './doctor/mesh.ts';
import { describeInstall, findPackageManager, findProgram, type PackageManager } from './doctor/packages.ts';
import { examineKit, examineSpace, examineTree } from './doctor/paths.ts';
import { examinePlaces, examinePrefix, type IsWritable } from './doctor/places.ts';
import { examineSandboxes } from './doctor/sandboxes.ts';
import { findBuildUser } from './users.ts';

export type { Finding } from './doctor/finding.ts';

/** The configuration that builds would use: checked, broken, or none found. */
export type ConfigState =
  | { readonly kind: 'loaded'; readonly config: Config }
  | { readonly kind: 'broken'; readonly error: BulkmeshError }
  | { readonly kind: 'absent' };

/** What was found on this host, and the one command that brings every program that is missing. */
export interface Examination {
  readonly findings: readonly Finding[];
  /** Undefined when none is missing, or no package manager here is known to have them. */
  readonly install: string | undefined;
}

/** The host as the examination sees it; a test gives its own. */
export interface HostView {
  readonly searchPath: string;
  readonly uid: number;
  readonly platform: NodeJS.Platform;
  readonly isWritable: IsWritable;
}

/**
 * Looks at everything that a build on this host needs, changes nothing, and never throws for what is missing.
 * Without a configuration it looks at the host alone.
 */
export async function examineHost(state: ConfigState, host: HostView = viewHost()): Promise<Examination> {
  const config = state.kind === 'loaded' ? state.config : undefined;
  const manager = await findPackageManager(host.searchPath);
  const sandboxes = await examineSandboxes(config);
  const findings: readonly Finding[] = [
    examineNode(),
    lessen(config, await examineMake(config, host)),
    await examineCompiler(host),
    ...sandboxes,
    examineConfig(state),
    ...(config === undefined ? [] : await examineConfigured(config, host)),
    ...(config !== undefined && isUnisolated(config, sandboxes)
      ? await examinePrefix(config, host.isWritable)
      : []),
  ];
  const programs = findings.flatMap((finding) => (finding.program === undefined ? [] : [finding.program]));
  return {
    findings: findings.map((finding) => addInstall(finding, manager)),
    install: describeInstall(manager, [...new Set(programs)]),
  };
}

function viewHost(): HostView {
  // Root's tools lie where an ordinary user's PATH does not look.
  const searchPath = `${process.env.PATH ?? ''}:/usr/pkg/bin:/usr/pkg/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;
  return { searchPath, uid: process.getuid?.() ?? -1, platform: process.platform, isWritable };
}

async function isWritable(dir: string): Promise<boolean> {
  return access(dir, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

function examineNode(): Finding {
  return { id: 'node', title: 'Node.js', state: 'ok', detail: process.versions.node, fix: '' };
}

async function examineCompiler(host: HostView): Promise<Finding> {
  const base = { id: 'cc', title: 'C compiler' } as const;
  for (const name of ['cc', 'gcc', 'clang']) {
    const path = await findProgram(name, host.searchPath);
    if (path !== undefined) return { ...base, state: 'ok', detail: path, fix: '' };
  }
  return {
    ...base,
    state: 'missing',
    detail: 'no cc, gcc or clang',
    fix: 'install a C compiler',
    program: 'cc',
  };
}

function examineConfig(state: ConfigState): Finding {
  const base = { id: 'config', title: 'configuration' } as const;
  switch (state.kind) {
    case 'loaded':
      return { ...base, state: 'ok', detail: state.config.file, fix: '' };
    case 'broken':
      return { ...base, state: 'missing', detail: state.error.message, fix: state.error.hint };
    case 'absent':
      return {
        ...base,
        state: 'warning',
        detail: 'none found, so tree, kit, space and build user were not looked at',
        fix: 'make one with "bulkmesh init DIR", or name it with --config FILE',
      };
  }
}

async function examineConfigured(config: Config, host: HostView): Promise<readonly Finding[]> {
  return [
    ...(await examineDriver(config)),
    lessen(config, await examineTree(config.paths.pkgsrc)),
    lessen(config, await examineKit(config.pkgsrc.bootstrapKit, host.searchPath)),
    await examineUser(config.pkgsrc.buildUser, host),
    ...(await examinePlaces(config, host.isWritable)),
    ...examineRootPlaces(config),
    ...(await examineSpace(config)),
    ...(await examineMesh(config)),
  ];
}

/** A host that joins others can do without what their builds bring along. */
function lessen(config: Config | undefined, finding: Finding): Finding {
  if (config === undefined || finding.state !== 'missing' || !isHelper(config)) return finding;
  const fix = `${finding.fix}: builds of other hosts bring theirs, those that are asked for here need it`;
  return { ...finding, state: 'warning', fix };
}

/** True where builds would run without sandboxes. */
function isUnisolated({ sandbox }: Config, sandboxes: readonly Finding[]): boolean {
  const cannot = sandboxes.some(({ id, state }) => id === 'sandboxes' && state !== 'ok');
  return sandbox.driver === 'none' || (sandbox.driver === 'auto' && cannot);
}

async function examineUser(name: string, host: HostView): Promise<Finding> {
  const base = { id: 'user', title: 'build user' } as const;
  try {
    const user = await findBuildUser(name, { uid: host.uid });
    const detail =
      user === undefined ? 'yourself: only root can be another user' : `${name}, uid ${user.uid}`;
    return { ...base, state: 'ok', detail, fix: '' };
  } catch (error) {
    if (!(error instanceof BulkmeshError)) throw error;
    return { ...base, state: 'missing', detail: error.message, fix: error.hint };
  }
}

function addInstall(finding: Finding, manager: PackageManager | undefined): Finding {
  if (finding.program === undefined) return finding;
  const command = describeInstall(manager, [finding.program]);
  return command === undefined ? finding : { ...finding, fix: command };
}
