import { lstat } from 'node:fs/promises';
import type { Config } from '../../src/config/config.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { DriverTraits } from '../../src/sandbox/traits.ts';
import { type Ground, ownWorkDir } from '../build/ground.ts';
import type { SettingsReader } from '../build/settings.ts';
import { findBuildUser } from '../users.ts';
import { identifyMake } from './make.ts';
import type { Probed } from './probe.ts';
import type { BuildSheet } from './sheet.ts';
import type { BuildTerms } from './terms.ts';

/** Why this host cannot build what another one asked for, and what its operator can do. */
export interface Unfit {
  readonly what: string;
  readonly mend: string;
}

/** @throws {BulkmeshError} SHEET_UNFIT with all of them, when there is one */
export const refuseUnfit = ({ build }: BuildSheet, problems: readonly Unfit[]): void => {
  if (problems.length === 0) return;
  const what = problems.map((problem) => problem.what).join('; ');
  const mends = [...new Set(problems.map(({ mend }) => mend))].filter((mend) => mend !== '');
  throw new BulkmeshError('SHEET_UNFIT', `this host cannot take part in build ${build}: ${what}`, {
    hint: mends.join('; '),
  });
};

/** A problem that somebody else found and threw. @throws what is no message for a user */
export const asUnfit = (error: unknown): Unfit => {
  if (error instanceof BulkmeshError) return { what: error.message, mend: error.hint };
  throw error;
};

/** What can be told before anything is fetched. */
export const checkTerms = async (
  { terms, tree }: BuildSheet,
  config: Config,
  traits: DriverTraits,
  sharedFiles: boolean,
): Promise<readonly Unfit[]> => {
  const platform = checkPlatform(terms);
  // Paths and accounts of another system are of no interest then.
  if (platform.length > 0) return platform;
  return [
    ...checkIsolation(terms, config, traits),
    ...(await checkUser(terms)),
    ...(await checkPlaces(terms, config, sharedFiles)),
    ...checkVariables({ ...terms.variables, ...terms.inherited, ...terms.hookVariables, ...tree.cacheVars }),
  ];
};

/** What starts a program in a sandbox is a program of the host with rights of root, and heeds these as well (ld.so(8), locale(7)). */
const checkVariables = (variables: Readonly<Record<string, string>>): readonly Unfit[] =>
  Object.keys(variables)
    .filter((name) => hostVariables.test(name))
    .map((name) => ({
      what: `the build sets ${name}, which another host may not`,
      mend: 'take it out of pkgsrc.variables and pkgsrc.inherit there, or set it in mk.conf',
    }));

/** From where the linker and the C library load code, or what else they are told behind a program's back. */
const hostVariables =
  /^(?:LD|DYLD|GLIBC|GCONV|GETCONF|MALLOC|LIBMOUNT)_|^(?:(?:BASH_)?ENV|(?:LOC|NLS)PATH|TZDIR|NIS_PATH|HOSTALIASES|LOCALDOMAIN|RES.*_.*)$/;

const checkPlatform = ({ platform, arch }: BuildTerms): readonly Unfit[] => {
  const [ours, theirs] = [`${process.platform} on ${process.arch}`, `${platform} on ${arch}`];
  if (ours === theirs) return [];
  return [
    { what: `it is ${ours}, and the build is for ${theirs}`, mend: 'ask for a build of its own there' },
  ];
};

/** Without a root of its own a build sees what the host has, where the host has it. */
const checkIsolation = (terms: BuildTerms, config: Config, traits: DriverTraits): readonly Unfit[] => {
  const word = (isIsolated: boolean): string => (isIsolated ? 'isolates its builds' : 'isolates nothing');
  if (terms.isIsolated !== traits.isIsolated) {
    return [
      {
        what: `it ${word(traits.isIsolated)}, and the host where the build was asked for ${word(terms.isIsolated)}`,
        mend: 'set sandbox.driver alike on both hosts',
      },
    ];
  }
  if (traits.isIsolated) return [];
  const { paths } = config;
  const places = [
    ['paths.pkgsrc', paths.pkgsrc, terms.paths.pkgsrc],
    ['paths.packages', paths.packages, terms.paths.packages],
    ['paths.distfiles', paths.distfiles, terms.paths.distfiles],
    ['paths.state', ownWorkDir(config, traits), terms.workDir],
  ] as const;
  return places.flatMap(([key, ours, theirs]) =>
    ours === theirs
      ? []
      : [
          {
            what: `nothing is isolated here, and ${key} is another one (${ours}, not ${theirs})`,
            mend: 'give these hosts the same [paths], or a driver that isolates builds',
          },
        ],
  );
};

const checkUser = async ({ buildUser }: BuildTerms): Promise<readonly Unfit[]> =>
  findBuildUser(buildUser).then(
    () => [],
    (error: unknown) => [asUnfit(error)],
  );

/** What is not fetched must be there; and no other host says what of this one its builds may write to. */
const checkPlaces = async (
  terms: BuildTerms,
  { sandbox }: Config,
  sharedFiles: boolean,
): Promise<readonly Unfit[]> => {
  const problems: Unfit[] = [];
  const inPlace = sharedFiles ? terms.roDirs.map(({ path }) => path) : [];
  const places = [
    ...terms.rwDirs.map((dir) => ['sandbox.rw_dirs', dir, sandbox.rwDirs] as const),
    ...inPlace.map((dir) => ['sandbox.ro_dirs', dir, sandbox.roDirs] as const),
  ];
  for (const [key, dir, allowed] of places) {
    if (!allowed.includes(dir)) {
      problems.push({ what: `${dir} is not in its ${key}`, mend: `make ${dir} here, and add it to ${key}` });
    } else if (!(await isDirectory(dir))) {
      problems.push({ what: `${dir} of ${key} is no directory here`, mend: `make ${dir} here` });
    }
  }
  const isPacked = terms.tree !== undefined && terms.roDirs.every(({ packed }) => packed !== undefined);
  if (!isPacked && !sharedFiles) {
    problems.push({
      what: 'the build counts on files that all hosts share, and this one shares none',
      mend: 'set mesh.shared alike on all hosts',
    });
  }
  const differ = sandbox.systemDirs.toSorted().join(' ') !== terms.systemDirs.toSorted().join(' ');
  if (differ && terms.isIsolated) {
    problems.push({
      what: `sandbox.system_dirs is another list (${sandbox.systemDirs.join(' ')}, not ${terms.systemDirs.join(' ')})`,
      mend: 'set sandbox.system_dirs alike on both hosts',
    });
  }
  return problems;
};

const isDirectory = (path: string): Promise<boolean> =>
  lstat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );

/** What only the ground and its sandbox can tell. */
export const checkGround = async (
  sheet: BuildSheet,
  ground: Ground,
  probed: Probed,
  settings: SettingsReader,
): Promise<readonly Unfit[]> => [
  ...(await checkMake(sheet, ground, probed)),
  ...checkTree(sheet, probed),
  ...checkSettings(sheet, settings),
];

const checkMake = async (
  { terms: { make } }: BuildSheet,
  ground: Ground,
  { makeVersion }: Probed,
): Promise<readonly Unfit[]> => {
  const sha256 = await identifyMake(ground).then(
    (found) => found.sha256,
    () => '',
  );
  if (sha256 === make.outside?.sha256) return [];
  if (makeVersion === make.outside?.version && makeVersion !== '') return [];
  const version = make.outside?.version ?? 'that of the kit';
  return [
    {
      what: `${make.path} is another make (${makeVersion || 'of no version'}, not ${version})`,
      mend: 'install the same make on both hosts, or use a bootstrap kit, which brings its own',
    },
  ];
};

/** Two hosts with the same system make the same packages, as far as anybody knows. */
const checkTree = ({ tree }: BuildSheet, { tree: ours }: Probed): readonly Unfit[] => {
  const isLinux = tree.platform.opsys === 'Linux';
  const pairs = [
    ['the system', ours.platform.opsys, tree.platform.opsys],
    // Of Linux the distribution counts, which settings tell, and not the kernel.
    ['its version', isLinux ? '' : ours.platform.osVersion, isLinux ? '' : tree.platform.osVersion],
    ['the architecture', ours.platform.machineArch, tree.platform.machineArch],
    ['the compiler', ours.platform.compiler, tree.platform.compiler],
    ['PKG_TOOLS_BIN', ours.pkgToolsBin, tree.pkgToolsBin],
    ['PKG_SUFX', ours.pkgSuffix, tree.pkgSuffix],
  ] as const;
  return pairs.flatMap(([what, here, there]) =>
    here === there
      ? []
      : [
          {
            what: `${what} is ${here || 'not known'}, not ${there || 'unknown'}`,
            mend: 'install the same system and compiler on both hosts',
          },
        ],
  );
};

/** How many differences of one kind are told. */
const namesMax = 8;

const checkSettings = ({ settings }: BuildSheet, reader: SettingsReader): readonly Unfit[] => {
  const names = new Set<string>();
  for (const { outside, settings: theirs } of settings) {
    const ours = reader.settingsOfFiles(outside);
    const all = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
    for (const name of all) if (ours[name] !== theirs[name]) names.add(name);
  }
  const told = [...names].slice(0, namesMax).map((name) => ({
    what: `${name === 'platform' ? 'the release of the system (/etc/os-release)' : name} differs`,
    mend: 'make what builds read outside the tree the same on both hosts, or add its directory to sandbox.ro_dirs there',
  }));
  const more = names.size - told.length;
  return more === 0 ? told : [...told, { what: `${more} more things differ`, mend: '' }];
};
