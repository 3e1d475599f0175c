/** The words of pkgsrc as types: what a scan yields and what resolving makes of it. */
declare const brand: unique symbol;

/** `perl-5.36.0nb1`: name, last `-`, version. */
export type PkgName = string & { readonly [brand]: 'PkgName' };
/** `lang/perl5`: category and directory within the tree. */
export type PkgPath = string & { readonly [brand]: 'PkgPath' };

/** One record of `make pbulk-index`: one package (one variant of one PKGPATH). */
export interface ScanRecord {
  readonly pkgname: PkgName;
  /** PKG_LOCATION, which the scanner adds. */
  readonly pkgpath: PkgPath;
  /** ALL_DEPENDS split at blanks: `pattern:../../category/dir`, in the record's order. */
  readonly allDepends: readonly string[];
  /** Empty when unset. Quotes as printed. */
  readonly skipReason: string;
  readonly failReason: string;
  readonly noBinOnFtp: string;
  readonly restricted: string;
  readonly categories: string;
  readonly maintainer: string;
  readonly useDestdir: 'no' | 'destdir' | 'user-destdir';
  readonly bootstrapPkg: boolean;
  readonly usergroupPhase: '' | 'configure' | 'build' | 'pre-install';
  /** Words `VAR=value` that every make call for this package gets. */
  readonly multiVersion: readonly string[];
  /** PBULK_WEIGHT, 100 when unset. */
  readonly pbulkWeight: number;
  /** MAKE_JOBS_SAFE; true when unset. */
  readonly makeJobsSafe: boolean;
  /** The record as printed, `KEY=value` lines, each with its newline; unknown keys kept, DEPENDS never in it. */
  readonly text: string;
}

/** Where a package stands once the graph is known and before anything is built. */
export type PackageState =
  | { readonly kind: 'buildable' }
  /** PKG_SKIP_REASON or PKG_FAIL_REASON is set; skip wins when both are. */
  | { readonly kind: 'masked'; readonly by: 'skip' | 'fail'; readonly reason: string }
  /** A dependency matches nothing, a word is malformed, or the package is on a cycle. */
  | { readonly kind: 'unresolved'; readonly reason: string }
  /** Depends, directly or not, on packages of `of`; `culprits` are those packages themselves. */
  | {
      readonly kind: 'indirect';
      readonly of: 'masked' | 'unresolved';
      readonly culprits: readonly PkgName[];
    };

export interface ResolvedPackage {
  readonly record: ScanRecord;
  /** Direct dependencies in order of first need, as indexes into `Resolution.packages`. */
  readonly depends: readonly number[];
  readonly state: PackageState;
}

export interface Resolution {
  /** In the order of the records. */
  readonly packages: readonly ResolvedPackage[];
}

/** A PKGPATH whose scan failed: it yields no package, and nothing else is disturbed. */
export interface ScanFailure {
  readonly pkgpath: PkgPath;
  /** One line. */
  readonly reason: string;
  /** What make printed on standard error, for the log. */
  readonly detail: string;
}
