import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** The example tree, as it lies in the repository. */
const TREE = join(import.meta.dirname, '../../examples/tree');

const hasProgram = (name: string): boolean => spawnSync('which', [name]).status === 0;

/** What the tree needs and this machine lacks; empty when tests can run. */
export const missingPrograms: readonly string[] = ['bmake', 'cc', 'sha256sum', 'md5sum', 'tar'].filter(
  (name) => !hasProgram(name),
);

/** For a title: why the tests of a file are skipped. */
export const skipNote = missingPrograms.length === 0 ? '' : ` [SKIPPED: no ${missingPrograms.join(', ')}]`;

export interface ProgramEnd {
  readonly code: number | null;
  readonly output: string;
}

/** A scan record: its fields by name. */
export type Fields = ReadonlyMap<string, string>;

/** How the build of one package ended: `built`, or the stage that failed, with what that printed. */
export type PackageEnd =
  | { readonly kind: 'built'; readonly file: string }
  | { readonly kind: 'failed'; readonly stage: string; readonly output: string };

const STAGES: readonly (readonly [string, string])[] = [
  ['fetch', 'fetch'],
  ['checksum', 'checksum'],
  ['configure', 'configure'],
  ['build', 'all'],
  ['install', 'stage-install'],
  ['package', 'stage-package-create'],
];

/** A prefix of its own in a temporary directory, filled from the bootstrap kit: no root, nothing outside touched. */
export class TreeRun {
  readonly home: string;
  readonly prefix: string;
  readonly dbdir: string;
  readonly kit: string;
  readonly packages: string;
  readonly #variables: Readonly<Record<string, string>>;

  constructor(variables: Readonly<Record<string, string>> = {}) {
    this.home = mkdtempSync(join(tmpdir(), 'example-tree-'));
    this.prefix = join(this.home, 'prefix');
    this.dbdir = join(this.prefix, 'pkgdb');
    this.kit = join(this.home, 'kit.tgz');
    this.packages = join(this.home, 'packages');
    this.#variables = variables;
    mkdirSync(join(this.packages, 'All'), { recursive: true });
    const script = join(TREE, 'bootstrap/bootstrap.sh');
    const options = ['--prefix', this.prefix, '--pkgdbdir', this.dbdir, '--gzip-binary-kit', this.kit];
    execFileSync('sh', [script, ...options], { stdio: 'pipe' });
    this.reset();
  }

  /** As a bulk builder does before each package: an empty prefix, and the kit over it. */
  reset(): void {
    rmSync(this.prefix, { recursive: true, force: true });
    execFileSync('tar', ['-xzf', this.kit, '-C', '/', '--no-overwrite-dir'], { stdio: 'pipe' });
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Runs make in a directory of the tree; both streams come back as one text. */
  make(dir: string, ...words: string[]): ProgramEnd {
    return this.#run(join(this.prefix, 'bin/bmake'), ['-C', join(TREE, dir), ...words]);
  }

  /** What make printed, without its last newline. Throws when it failed. */
  show(dir: string, ...words: string[]): string {
    const end = this.make(dir, ...words);
    if (end.code !== 0) throw new Error(`make ${words.join(' ')} in ${dir}: ${end.output}`);
    return end.output.replace(/\n$/, '');
  }

  /** Runs one of the pkg_* tools on this prefix's database. */
  tool(name: string, ...words: string[]): ProgramEnd {
    return this.#run(join(this.prefix, 'sbin', name), ['-K', this.dbdir, ...words]);
  }

  #run(program: string, words: readonly string[]): ProgramEnd {
    const end = spawnSync(program, words, {
      encoding: 'utf8',
      cwd: this.home,
      env: {
        PATH: process.env.PATH ?? '/usr/bin:/bin',
        WRKOBJDIR: join(this.home, 'work'),
        PACKAGES: this.packages,
        DISTDIR: join(this.home, 'distfiles'),
        PASSWD_FILE: join(this.home, 'passwd'),
        GROUP_FILE: join(this.home, 'group'),
        PKG_PATH: join(this.packages, 'All'),
        ...this.#variables,
      },
    });
    if (end.error !== undefined) throw end.error;
    return { code: end.status, output: end.stdout + end.stderr };
  }

  /** The records that pbulk-index prints for one directory. */
  index(dir: string): readonly Fields[] {
    const lines = this.show(dir, 'pbulk-index').split('\n');
    const records: Map<string, string>[] = [];
    for (const line of lines) {
      const at = line.indexOf('=');
      if (at < 1) throw new Error(`${dir}: not KEY=value: ${line}`);
      if (line.startsWith('PKGNAME=')) records.push(new Map());
      records.at(-1)?.set(line.slice(0, at), line.slice(at + 1));
    }
    return records;
  }

  /**
   * Runs the stages of a bulk builder for one package, with the full names of its dependencies, whose files must lie
   * in PACKAGES already; a package that is built joins them.
   */
  build(dir: string, record: Fields, depends: readonly string[]): PackageEnd {
    const name = record.get('PKGNAME') ?? '';
    const words = ['BATCH=1', 'DEPENDS_TARGET=/nonexistent', ...splitWords(record.get('MULTI_VERSION'))];
    this.reset();
    const fail = (stage: string, end: ProgramEnd): PackageEnd => {
      this.make(dir, 'clean', ...words);
      return { kind: 'failed', stage, output: end.output };
    };
    this.make(dir, 'clean', ...words);
    if (depends.length > 0) {
      const added = this.tool('pkg_add', ...depends);
      if (added.code !== 0) return fail('depends', added);
    }
    if (record.get('USERGROUP_PHASE') === 'configure') this.show(dir, 'create-usergroup', 'clean', ...words);
    for (const [stage, target] of STAGES) {
      const end = this.make(dir, target, ...words);
      if (end.code !== 0) return fail(stage, end);
    }
    const file = this.show(dir, 'show-var', 'VARNAME=STAGE_PKGFILE', ...words);
    if (record.get('BOOTSTRAP_PKG') !== 'yes') {
      const added = this.tool('pkg_add', file);
      if (added.code !== 0) return fail('package', added);
      const deleted = this.tool('pkg_delete', name);
      if (deleted.code !== 0) return fail('deinstall', deleted);
    }
    const published = join(this.packages, 'All', basename(file));
    copyFileSync(file, published);
    this.make(dir, 'clean', ...words);
    return { kind: 'built', file: published };
  }
}

export const splitWords = (text: string | undefined): readonly string[] =>
  (text ?? '').split(/\s+/).filter((word) => word !== '');

/** How a package ends in a bulk build with default settings. */
export interface Expected {
  readonly outcome: 'built' | 'failed' | 'masked' | 'unresolved' | 'indirect';
  /** Of a failure. */
  readonly stage?: string;
  /** Which reason masks it. */
  readonly by?: 'skip' | 'fail';
  /** What the culprits of an indirect failure are, and their PKGNAMEs. */
  readonly of?: 'failed' | 'masked' | 'unresolved';
  readonly culprits?: readonly string[];
}

/** Expected outcomes, by PKGNAME: examples/tree/expected.json. */
export const readExpected = (): Readonly<Record<string, Expected>> =>
  JSON.parse(readFileSync(join(TREE, 'expected.json'), 'utf8')).packages;
