import { access, readFile } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { BulkmeshError } from '../errors.ts';
import type { CommandResult, Sandbox } from '../sandbox/driver.ts';
import { CAPTURE_BYTES, type MakeEnvironment, makeCommand, parseShowVars, showVarsCommand } from './make.ts';
import { findReason } from './makeoutput.ts';
import { isPkgSuffix } from './name.ts';

/** What the tree's make says about paths and platform: asked once a build, inside a sandbox. */
export interface TreeEnvironment {
  readonly packages: string;
  readonly pkgDbdir: string;
  /** Empty in a tree that has no such thing. */
  readonly pkgRefcountDbdir: string;
  /** Directory of pkg_add, pkg_delete, pkg_info. */
  readonly pkgToolsBin: string;
  readonly prefix: string;
  /** With its dot: `.tgz`. */
  readonly pkgSuffix: string;
  /** `compiler` is CC_VERSION (`gcc-13.2.0`), or PKGSRC_COMPILER in a tree without it. */
  readonly platform: {
    readonly opsys: string;
    readonly osVersion: string;
    readonly machineArch: string;
    readonly compiler: string;
  };
  /** Give them to `MakeEnvironment.cacheVars`: each saves a fork or two at every start of make. */
  readonly cacheVars: Readonly<Record<string, string>>;
  /**
   * The same for makes of a scan alone, for no program of a package sees their environment. They are there only when a
   * record comes out the same with them as without.
   */
  readonly scanVars: Readonly<Record<string, string>>;
}

export interface EnvironmentRequest {
  readonly sandbox: Sandbox;
  readonly environment: MakeEnvironment;
  /** Where the tree lies on this host, when that is not where sandboxes have it. */
  readonly treeDir?: string | undefined;
  /** What the configuration says; the tree must agree. */
  readonly expected: {
    readonly packages: string;
    readonly pkgDbdir: string;
    readonly prefix: string;
  };
  readonly signal: AbortSignal;
}

/** The directory that is asked: it is in every tree and reads the whole infrastructure. */
const PROBE_DIR = 'pkgtools/pkg_install';
const PATH_NAMES = [
  'PACKAGES',
  'PKG_DBDIR',
  'PKG_REFCOUNT_DBDIR',
  'PKG_TOOLS_BIN',
  'PREFIX',
  'PKG_SUFX',
] as const;
const PLATFORM_NAMES = ['OPSYS', 'OS_VERSION', 'MACHINE_ARCH', 'PKGSRC_COMPILER', 'CC_VERSION'] as const;
/** Those that pkgsrc sets with `?=` or tests with defined(), so that a value from the environment stands. */
const CACHE_NAMES = ['NATIVE_OPSYS', 'NATIVE_OPSYS_VERSION', 'NATIVE_OS_VERSION'] as const;
/**
 * Those that the tree computes only where they are not defined, in files that every make reads, and hands down to makes of
 * its own: they are the same for every package.
 */
const SCAN_NAMES = ['LOWER_ARCH', 'PKGTOOLS_VERSION', '_PKGSRCDIR', '_UNAME_V', 'HOST_MACHINE_ARCH'] as const;
const GUARDED_NAMES = ['OPSYS', 'OS_VERSION', ...SCAN_NAMES] as const;
const GUARD_FILES = ['mk/bsd.prefs.mk', 'mk/pkgformat/pkg/pkgformat-vars.mk'];
const NAMES = [...PATH_NAMES, ...PLATFORM_NAMES, ...CACHE_NAMES, ...SCAN_NAMES];
type Answer = Readonly<Record<(typeof NAMES)[number], string>>;

/**
 * Asks the tree for its paths, suffix and platform. Throws `BulkmeshError`, with what to do about it:
 * NO_MAKE, NO_PKG_TOOLS, MAKE_NOT_BSD, TREE_INVALID, TREE_NO_SHOW_VARS, TREE_NO_PBULK_INDEX, TREE_FAILS, TREE_DISAGREES.
 */
export async function readTreeEnvironment(request: EnvironmentRequest): Promise<TreeEnvironment> {
  await checkTree(request.treeDir ?? request.environment.pkgsrc);
  await checkMake(request);
  const answer = await askVariables(request);
  checkAgreement(request, answer);
  const pkgToolsBin = isAbsolute(answer.PKG_TOOLS_BIN) ? answer.PKG_TOOLS_BIN : join(answer.PREFIX, 'sbin');
  await checkTools(request, pkgToolsBin);
  const cacheVars = Object.fromEntries(
    CACHE_NAMES.filter((name) => answer[name] !== '').map((name) => [name, answer[name]]),
  );
  const scanVars = await findScanVars(request, answer, cacheVars);
  return {
    packages: answer.PACKAGES,
    pkgDbdir: answer.PKG_DBDIR,
    pkgRefcountDbdir: answer.PKG_REFCOUNT_DBDIR,
    pkgToolsBin,
    prefix: answer.PREFIX,
    pkgSuffix: packageSuffix(request, answer.PKG_SUFX),
    platform: {
      opsys: answer.OPSYS,
      osVersion: answer.OS_VERSION,
      machineArch: answer.MACHINE_ARCH,
      compiler: answer.CC_VERSION === '' ? answer.PKGSRC_COMPILER : answer.CC_VERSION,
    },
    cacheVars,
    scanVars,
  };
}

async function checkTree(pkgsrc: string): Promise<void> {
  for (const file of ['Makefile', join(PROBE_DIR, 'Makefile')]) {
    const path = join(pkgsrc, file);
    await access(path).catch((cause: unknown) => {
      throw new BulkmeshError('TREE_INVALID', `${pkgsrc} is not a pkgsrc tree: ${path} cannot be read.`, {
        hint: 'Get one with "bulkmesh tree", or set paths.pkgsrc to a checkout of pkgsrc.',
        cause,
      });
    });
  }
}

async function checkMake(request: EnvironmentRequest): Promise<void> {
  const { environment, sandbox, signal } = request;
  const command = makeCommand(environment, {
    dir: '',
    targets: [],
    output: { kind: 'capture', maxBytes: CAPTURE_BYTES },
    signal,
  });
  const argv = [environment.make, '-f', '/dev/null', '-V', 'MAKE_VERSION'];
  const result = await sandbox.run({ ...command, argv });
  if (result.kind === 'exited' && result.code === 0) return;
  signal.throwIfAborted();
  const hint = 'Install bmake, or set pkgsrc.make to its absolute path inside the sandbox.';
  if (result.kind === 'exited' && result.code !== 126 && result.code !== 127) {
    throw new BulkmeshError('MAKE_NOT_BSD', `${environment.make} is not a BSD make: ${lastLine(result)}`, {
      hint,
    });
  }
  throw new BulkmeshError(
    'NO_MAKE',
    `${environment.make} cannot be run in the sandbox: ${lastLine(result)}`,
    {
      hint,
    },
  );
}

async function askVariables(request: EnvironmentRequest): Promise<Answer> {
  const { environment, sandbox, signal } = request;
  const result = await sandbox.run(showVarsCommand(environment, { dir: PROBE_DIR, signal }, NAMES));
  signal.throwIfAborted();
  const where = join(environment.pkgsrc, PROBE_DIR);
  if (lacksTarget(result, 'show-vars')) {
    throw new BulkmeshError('TREE_NO_SHOW_VARS', `The tree has no target show-vars (asked in ${where}).`, {
      hint: 'Use a pkgsrc tree of 2008 or later.',
    });
  }
  if (result.kind !== 'exited' || result.code !== 0) {
    throw new BulkmeshError('TREE_FAILS', `make show-vars failed in ${where}: ${lastLine(result)}`, {
      hint:
        'mk.conf of the bootstrap kit is the usual reason. What it includes must be seen inside: name other ' +
        'directories in sandbox.ro_dirs.',
    });
  }
  const answer = parseShowVars(result.stdout, NAMES);
  if (answer !== undefined) return answer;
  throw new BulkmeshError(
    'TREE_FAILS',
    `make show-vars in ${where} did not print one line for each variable.`,
    {
      hint: `It was asked for ${NAMES.join(' ')}; something in mk.conf may print on its own.`,
    },
  );
}

function checkAgreement(request: EnvironmentRequest, answer: Answer): void {
  const { expected } = request;
  const pairs = [
    ['PACKAGES', answer.PACKAGES, expected.packages, 'paths.packages'],
    ['PKG_DBDIR', answer.PKG_DBDIR, expected.pkgDbdir, 'pkgsrc.pkg_dbdir'],
    ['PREFIX', answer.PREFIX, expected.prefix, 'pkgsrc.prefix'],
  ] as const;
  for (const [variable, ofTree, ofConfig, key] of pairs) {
    if (samePath(ofTree, ofConfig)) continue;
    throw new BulkmeshError(
      'TREE_DISAGREES',
      `${variable} is ${ofTree === '' ? 'not set' : ofTree} for the tree, but ${key} is ${ofConfig}.`,
      { hint: hintOf(variable, ofTree, ofConfig, key) },
    );
  }
}

/** Where packages go is the user's to say; prefix and database lie where bootstrap put them, whatever mk.conf says. */
function hintOf(variable: string, ofTree: string, ofConfig: string, key: string): string {
  if (variable === 'PACKAGES' || !isAbsolute(ofTree)) {
    const mkConf = variable === 'PREFIX' ? 'LOCALBASE' : variable;
    return `Set ${mkConf}=${ofConfig} in mk.conf, or ${key} to what the tree says.`;
  }
  return `Set ${key} = "${ofTree}" in the configuration, if that is what the bootstrap kit was made with.`;
}

/** Without the tools every package would fail, one by one, for what is no fault of its own. */
async function checkTools(request: EnvironmentRequest, pkgToolsBin: string): Promise<void> {
  const { environment, sandbox, signal } = request;
  const call = {
    dir: '',
    targets: [],
    output: { kind: 'capture', maxBytes: CAPTURE_BYTES },
    signal,
  } as const;
  const tool = join(pkgToolsBin, 'pkg_add');
  const argv = ['/bin/sh', '-c', '[ -x "$1" ]', 'sh', tool];
  const result = await sandbox.run({ ...makeCommand(environment, call), argv });
  if (result.kind === 'exited' && result.code === 0) return;
  signal.throwIfAborted();
  throw new BulkmeshError('NO_PKG_TOOLS', `There is no ${tool} in the sandbox.`, {
    hint:
      'Make a kit for this prefix with "bulkmesh bootstrap", or set pkgsrc.bootstrap_kit to the one you have; ' +
      'only NetBSD has these tools itself.',
  });
}

/** Asks for the records of one package, without and with the variables that may save forks. */
async function findScanVars(
  request: EnvironmentRequest,
  answer: Answer,
  cacheVars: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const plain = await askRecords(request, {});
  if (lacksTarget(plain, 'pbulk-index')) {
    const where = join(request.environment.pkgsrc, PROBE_DIR);
    throw new BulkmeshError(
      'TREE_NO_PBULK_INDEX',
      `The tree has no target pbulk-index (asked in ${where}).`,
      { hint: 'Use a pkgsrc tree that has mk/pbulk, and do not remove that directory from it.' },
    );
  }
  const guarded = await listGuarded(request.treeDir ?? request.environment.pkgsrc);
  const names = GUARDED_NAMES.filter((name) => guarded.has(name) && answer[name] !== '');
  if (names.length === 0 || plain.kind !== 'exited' || plain.code !== 0) return {};
  const scanVars = Object.fromEntries(names.map((name) => [name, answer[name]]));
  const same = await askRecords(request, { ...cacheVars, ...scanVars });
  return same.kind === 'exited' && same.code === 0 && same.stdout === plain.stdout ? scanVars : {};
}

async function askRecords(
  { environment, sandbox, signal }: EnvironmentRequest,
  cacheVars: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const output = { kind: 'capture', maxBytes: CAPTURE_BYTES } as const;
  const call = { dir: PROBE_DIR, targets: ['pbulk-index'], output, signal };
  const result = await sandbox.run(makeCommand({ ...environment, cacheVars }, call));
  signal.throwIfAborted();
  return result;
}

/** Names that the tree's own text says it computes only where they are not defined. */
async function listGuarded(pkgsrc: string): Promise<ReadonlySet<string>> {
  const texts = await Promise.all(
    GUARD_FILES.map((file) => readFile(join(pkgsrc, file), 'utf8').catch(() => '')),
  );
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/!\s*defined\((\w+)\)/g)].map(([, name = '']) => name)),
  );
}

function packageSuffix(request: EnvironmentRequest, suffix: string): string {
  if (suffix === '') return '.tgz';
  if (isPkgSuffix(suffix)) return suffix;
  throw new BulkmeshError(
    'TREE_FAILS',
    `PKG_SUFX is ${JSON.stringify(suffix)} in ${request.environment.pkgsrc}.`,
    {
      hint: 'A suffix is a dot and a few letters, as in .tgz: see mk.conf.',
    },
  );
}

const samePath = (one: string, other: string): boolean =>
  isAbsolute(one) && normalize(`${one}/`) === normalize(`${other}/`);

/** True when make ended because it knows no such target; the wording is that of every BSD make. */
const lacksTarget = (result: CommandResult, target: string): boolean =>
  result.kind === 'exited' &&
  result.code !== 0 &&
  `${result.stderr}\n${result.stdout}`.includes(`don't know how to make ${target}`);

/** One line that says how a command ended, for messages. */
function lastLine(result: CommandResult): string {
  switch (result.kind) {
    case 'exited': {
      const said = findReason(result.stderr) ?? findReason(result.stdout);
      return said === undefined ? `exit ${result.code}` : `${said} (exit ${result.code})`;
    }
    case 'signalled':
      return `killed by ${result.signal}`;
    case 'aborted':
      return 'stopped';
    case 'trouble':
      return result.detail;
  }
}
