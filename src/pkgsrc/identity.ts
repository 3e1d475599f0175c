import { splitPkgName } from './version.ts';

/** What a package is from build to build, whatever its version: PKGPATH and PKGBASE as one text. */
export const identityKey = (pkgpath: string, pkgbase: string): string => `${pkgpath} ${pkgbase}`;

/** The same, by the full name. */
export const identityOf = ({ pkgpath, pkgname }: { pkgpath: string; pkgname: string }): string =>
  identityKey(pkgpath, splitPkgName(pkgname).base);
