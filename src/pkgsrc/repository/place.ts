import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { PkgName } from '../package.ts';

/** A repository of binary packages and who writes to it. */
export interface RepositoryPlace {
  /** PACKAGES; the packages lie in `All` below it. */
  readonly packagesDir: string;
  readonly pkgSuffix: string;
  /** A word of this agent for temporary names, so that a sweep takes only its own. */
  readonly owner: string;
}

/** Beside `All`, where no category can be. */
export const NOTES_DIR = '.bulkmesh';

/** The file of a package in the repository of binary packages. */
export const packageFile = (packagesDir: string, pkgname: PkgName, pkgSuffix: string): string =>
  join(packagesDir, 'All', `${pkgname}${pkgSuffix}`);

/** A name in the repository that no package can have, and that says whose it is. */
export const temporaryName = (owner: string): string => `${temporaryPrefix(owner)}${randomUUID()}.tmp`;

/** What the temporary names of one agent begin with. */
export const temporaryPrefix = (owner: string): string =>
  `.bulkmesh-${owner.replaceAll(/[^A-Za-z0-9_-]/g, '_')}-`;
