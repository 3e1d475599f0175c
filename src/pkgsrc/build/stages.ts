import type { ScanRecord } from '../package.ts';

/**
 * The stages of a package in their order; each name is also that of its log file. All but `fetch` are pbulk's, which
 * fetches in `checksum`.
 */
export const STAGE_NAMES = [
  'depends',
  'pre-clean',
  'fetch',
  'checksum',
  'configure',
  'build',
  'install',
  'package',
  'deinstall',
  'clean',
] as const;

export type StageName = (typeof STAGE_NAMES)[number];

/** Whose work a stage is: root's, or that of the build user where the package allows it. */
type StageUser = 'root' | 'builder';

/** A stage that is nothing but calls of make. None of them has a network. */
export interface MakeStage {
  readonly name: StageName;
  readonly targets: readonly string[];
  /** Run by root in a call of its own before the stage, when USERGROUP_PHASE is `phase`. */
  readonly usergroup?: { readonly phase: ScanRecord['usergroupPhase']; readonly targets: readonly string[] };
  /** By USE_DESTDIR: `no` needs root throughout, `destdir` from install on. */
  readonly user: Readonly<Record<ScanRecord['useDestdir'], StageUser>>;
}

const AS_ROOT = { no: 'root', destdir: 'root', 'user-destdir': 'root' } as const;
const BEFORE_INSTALL = { no: 'root', destdir: 'builder', 'user-destdir': 'builder' } as const;
const AT_INSTALL = { no: 'root', destdir: 'root', 'user-destdir': 'builder' } as const;

/** Targets of `pre-clean` and `clean`, by root. */
export const CLEAN_TARGETS: readonly string[] = ['clean'];

/**
 * From the distribution files to the package file, in order. Users, order and targets are pkg-build's of
 * pbulk; `stage-package-create` is later pbulk's: the file reaches the repository only after it was tried.
 */
export const MAKE_STAGES: readonly MakeStage[] = [
  { name: 'checksum', targets: ['checksum'], user: AS_ROOT },
  {
    name: 'configure',
    targets: ['configure'],
    // The users' makefiles extract and patch nothing, but leave cookies of root: hence the clean.
    usergroup: { phase: 'configure', targets: ['create-usergroup', 'clean'] },
    user: BEFORE_INSTALL,
  },
  {
    name: 'build',
    targets: ['all'],
    usergroup: { phase: 'build', targets: ['create-usergroup'] },
    user: BEFORE_INSTALL,
  },
  {
    name: 'install',
    targets: ['stage-install'],
    usergroup: { phase: 'pre-install', targets: ['create-usergroup'] },
    user: AT_INSTALL,
  },
  { name: 'package', targets: ['stage-package-create'], user: AS_ROOT },
];

/** What make is asked for in each stage that is a call of make. */
export const STAGE_TARGETS: Readonly<Record<string, readonly string[]>> = {
  fetch: ['fetch'],
  ...Object.fromEntries(MAKE_STAGES.map(({ name, targets }) => [name, targets])),
};
