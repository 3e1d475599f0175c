import type { PkgName, PkgPath } from '../package.ts';

/**
 * What is known of one package file of the repository, kept beside it as `<packages>/.bulkmesh/<PKGNAME>.json`: made
 * right after the package was built, so that neither a summary nor a look at its freshness has to open the package
 * again, on this host or on any other that sees the repository.
 */
export interface PackageNote {
  readonly pkgname: PkgName;
  /** Undefined when the file was found, not built here, and does not say it. */
  readonly pkgpath: PkgPath | undefined;
  /** Content id of the file: `sha256:<hex>`. */
  readonly digest: string;
  /** Hex, as SHA512.bz2 lists it. */
  readonly sha512: string;
  readonly sizeBytes: number;
  /** How the file looked when the digests were taken. */
  readonly look: FileLook;
  /** Its record of pkg_summary(5), ended by a blank line; empty for a package in a form that cannot be read here. */
  readonly summary: string;
  /** NO_BIN_ON_FTP is set in it. */
  readonly noBinOnFtp: boolean;
  /** What it says itself of how it was made; undefined for a package in a form that cannot be read here. */
  readonly made: MadeFrom | undefined;
  /** What only its builder knows; undefined for a file that was found. */
  readonly built: BuiltWith | undefined;
}

/**
 * What a file system says of a file without reading it. The same look and size: the same bytes, since no program can set
 * the time of change. Another look says nothing: a copy, a new link, a restore. Then the digest is taken anew.
 */
export interface FileLook {
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
}

/** Read off the package: +BUILD_VERSION, +CONTENTS, +BUILD_INFO. */
export interface MadeFrom {
  /** Lines of +BUILD_VERSION: a path in the tree, and the id of its content as the package has it. */
  readonly files: readonly { readonly path: string; readonly id: string }[];
  /** `@blddep`: the packages that were installed when it was built, by full name. */
  readonly buildDepends: readonly PkgName[];
  /** PKG_OPTIONS. */
  readonly options: string;
}

/** Written by the agent that built it. */
export interface BuiltWith {
  /** sha256 (hex) of each file of the tree that it was made from, when its build began; by path in the tree. */
  readonly fileDigests: Readonly<Record<string, string>>;
  /** Content id of each direct dependency that was installed, by PKGNAME. */
  readonly dependDigests: Readonly<Record<string, string>>;
  /** A digest for each thing outside the tree that decides what is built: mk.conf by its path, the kit, the platform ... */
  readonly settings: Settings;
  readonly build: string;
  readonly host: string;
  /** Unix milliseconds. */
  readonly atMs: number;
}

/** Digest by the name of what it was taken of, in words or as an absolute path. */
export type Settings = Readonly<Record<string, string>>;
