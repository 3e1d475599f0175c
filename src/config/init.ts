import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BulkmeshError, messageOf } from '../errors.ts';
import { type MkHost, renderGenericMk, renderPackageMk } from './mkFragments.ts';
import { NewFiles, type Placed } from './newFiles.ts';
import { systemPaths } from './pathCheck.ts';
import { renderTemplate, type TemplateValues } from './template.ts';

export interface InitOptions {
  /** Values for the configuration file in place of the defaults, by `section.key`. */
  readonly values?: TemplateValues;
  /** Default: as this host is. */
  readonly host?: MkHost;
}

/** What `init` made (`created`) and what it found and left alone (`kept`). */
export interface InitReport extends Placed {
  readonly dir: string;
  readonly configFile: string;
  readonly meshKeyFile: string;
}

/** pkgsrc looks there and nowhere else. */
const lookAtHost = (): MkHost => ({ hasCurl: existsSync('/usr/bin/curl') });

/** Characters that make, the shell and a mount all take as they are. */
const plainPath = /^\/[A-Za-z0-9._+@/-]*$/;

const directories = [
  'bulklog',
  'distfiles',
  'mk',
  'packages',
  'packages/All',
  'packages/bootstrap',
  'scripts',
];

/**
 * Lays out `dir` for bulk builds: directories, configuration, fragments for mk.conf, and the mesh key (32
 * random bytes in hex, mode 0600). What is there already is kept as it is. After an error nothing of this
 * call is left.
 * @throws {BulkmeshError} INIT_BAD_DIRECTORY for a place where this must not happen, INIT_FAILED when it
 * cannot.
 */
export const initLayout = async (dir: string, options: InitOptions = {}): Promise<InitReport> => {
  const full = resolve(dir);
  checkLayoutDir(full);
  const configFile = join(full, 'bulkmesh.toml');
  const meshKeyFile = join(full, 'bulkmesh', 'mesh.key');
  const files = new NewFiles();
  try {
    await files.addDirectory(full);
    for (const name of directories) await files.addDirectory(join(full, name));
    // Empty: `bulkmesh tree` fills it. A tree that lies elsewhere needs no place here.
    if (options.values?.['paths.pkgsrc'] === undefined) await files.addDirectory(join(full, 'pkgsrc'));
    await files.addDirectory(join(full, 'bulkmesh'), 0o700);
    await files.addFile(
      join(full, 'mk', 'mk-generic.conf'),
      renderGenericMk(full, options.host ?? lookAtHost()),
      0o644,
    );
    await files.addFile(join(full, 'mk', 'mk-pkg.conf'), renderPackageMk(full), 0o644);
    await files.addFile(meshKeyFile, `${randomBytes(32).toString('hex')}\n`, 0o600);
    // mk.conf of the bootstrap kit includes the fragments, so every sandbox has to see them.
    const values = { 'sandbox.ro_dirs': ['mk'], ...options.values };
    await files.addFile(configFile, renderTemplate(values), 0o644);
  } catch (error) {
    await files.takeBack();
    throw explainFailure(full, error);
  }
  return { dir: full, configFile, meshKeyFile, created: files.created, kept: files.kept };
};

/** Throws INIT_BAD_DIRECTORY for a place that belongs to the system, and for names that make cannot take. */
export const checkLayoutDir = (dir: string): void => {
  if (systemPaths.has(dir)) {
    throw new BulkmeshError('INIT_BAD_DIRECTORY', `${dir} belongs to the system`, {
      hint: 'Give a directory of its own, such as /content.',
    });
  }
  if (plainPath.test(dir)) return;
  throw new BulkmeshError(
    'INIT_BAD_DIRECTORY',
    `${JSON.stringify(dir)} has characters that make cannot take`,
    {
      hint: 'Use letters, digits and . _ + @ - in the path.',
    },
  );
};

/** A failure of the file system while `dir` was laid out, in words, with what to do. */
export const explainFailure = (dir: string, error: unknown): BulkmeshError => {
  const { code }: { code?: unknown } = Object(error);
  const what = messageOf(error);
  const hints: Readonly<Record<string, string>> = {
    EACCES: 'Run it as root, or give a directory that this account may write.',
    EPERM: 'Run it as root, or give a directory that this account may write.',
    EROFS: 'That file system is read-only: give another directory.',
    ENOSPC: 'Free some space there, or give another directory.',
    EEXIST: 'Something that is no directory has the name of one: move it away.',
    ENOTDIR: 'Something that is no directory has the name of one: move it away.',
  };
  const hint = (typeof code === 'string' ? hints[code] : undefined) ?? 'Give another directory.';
  return new BulkmeshError('INIT_FAILED', `cannot lay out ${dir}: ${what}`, { hint, cause: error });
};
