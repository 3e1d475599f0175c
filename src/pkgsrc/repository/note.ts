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
  /** Of the file when the note was made. A fast first look, never proof: another one means that the digest is taken anew. */
  readonly mtimeMs: number;
  /** Its record of pkg_summary(5), ended by a blank line. */
  readonly summary: string;
  /** NO_BIN_ON_FTP is set in it. */
  readonly noBinOnFtp: boolean;
  /** What it says itself of how it was made. */
  readonly made: MadeFrom;
  /** What only its builder knows; undefined for a file that was found. */
  readonly built: BuiltWith | undefined;
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
  /** sha256 (hex) of each file of `MadeFrom.files` when its build began. */
  readonly fileDigests: Readonly<Record<string, string>>;
  /** Content id of each direct dependency that was installed. */
  readonly dependDigests: Readonly<Record<string, string>>;
  /** One digest over mk.conf with its fragments, the variables, the kit and the platform. */
  readonly settings: string;
  readonly build: string;
  readonly host: string;
  /** Unix milliseconds. */
  readonly atMs: number;
}
