import { BulkmeshError } from '../errors.ts';
import type { PkgName, PkgPath } from './package.ts';

/** The `@` is that of `kde4-l10n-ca@valencia`. */
const PKGNAME = /^[A-Za-z0-9_][A-Za-z0-9_.+~@-]*-[A-Za-z0-9_.+~]+$/;
const PATH_PART = '[A-Za-z0-9_][A-Za-z0-9_.+~-]*';
const PKGPATH = new RegExp(`^${PATH_PART}/${PATH_PART}$`);
const CATEGORY = new RegExp(`^${PATH_PART}$`);
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_.]*=[A-Za-z0-9_.,+:/@%~-]*$/;
const SUFFIX = /^\.[a-z0-9]{1,8}$/;
const NAME_LENGTH_MAX = 200;

/** True when the text may become a file name of a package: one path component, no leading dot or dash. */
export const isPkgName = (text: string): text is PkgName =>
  text.length <= NAME_LENGTH_MAX && PKGNAME.test(text);

/** True for `category/directory`, both plain names: joined to the tree it cannot leave the tree. */
export const isPkgPath = (text: string): text is PkgPath =>
  text.length <= NAME_LENGTH_MAX && PKGPATH.test(text);

/** True for one plain directory name of the tree or of the package repository. */
export const isCategory = (text: string): boolean => text.length <= NAME_LENGTH_MAX && CATEGORY.test(text);

/**
 * True for a word `VAR=value` that make takes as a plain assignment: no option, no `VAR!=command`, nothing
 * that make would expand.
 */
export const isAssignment = (text: string): boolean => ASSIGNMENT.test(text);

/** True for a package suffix: `.tgz`. */
export const isPkgSuffix = (text: string): boolean => SUFFIX.test(text);

/** Throws `BulkmeshError` PKGPATH_INVALID. */
export function checkPkgPath(text: string): PkgPath {
  if (isPkgPath(text)) return text;
  throw new BulkmeshError('PKGPATH_INVALID', `${JSON.stringify(text)} is not a PKGPATH.`, {
    hint: 'Write category/directory, as in lang/perl5.',
  });
}

/** Throws `BulkmeshError` PKGNAME_INVALID. */
export function checkPkgName(text: string): PkgName {
  if (isPkgName(text)) return text;
  throw new BulkmeshError('PKGNAME_INVALID', `${JSON.stringify(text)} is not a package name.`, {
    hint: 'A package name is a name, a dash and a version, as in perl-5.36.0nb1.',
  });
}
