import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { checkPkgName } from '../../../src/pkgsrc/name.ts';
import type { PkgName } from '../../../src/pkgsrc/package.ts';
import type { RepositoryPlace } from '../../../src/pkgsrc/repository/place.ts';
import { makeTar } from '../tarfile.ts';

/** A repository and a tree of its own. */
export interface Ground {
  readonly place: RepositoryPlace;
  readonly pkgsrc: string;
  fileOf(pkgname: string): string;
  putPackage(pkgname: string, says?: PackageSays): PkgName;
  dropPackage(pkgname: string): void;
  /** A file of the tree. */
  putFile(path: string, text: string): void;
  remove(): void;
}

export interface PackageSays {
  /** Lines of +BUILD_VERSION. */
  readonly files?: readonly string[];
  readonly buildDepends?: readonly string[];
  /** Patterns of what it needs at run time. */
  readonly depends?: readonly string[];
  readonly info?: readonly string[];
  /** Anything that makes the bytes others. */
  readonly salt?: string;
}

export function layGround(): Ground {
  const dir = mkdtempSync(join(tmpdir(), 'bulkmesh-repository-'));
  const packagesDir = join(dir, 'packages');
  const pkgsrc = join(dir, 'pkgsrc');
  mkdirSync(join(packagesDir, 'All'), { recursive: true });
  mkdirSync(pkgsrc);
  const fileOf = (pkgname: string): string => join(packagesDir, 'All', `${pkgname}.tgz`);
  return {
    place: { packagesDir, pkgSuffix: '.tgz', owner: 'host1' },
    pkgsrc,
    fileOf,
    putPackage: (pkgname, says = {}) => {
      writeFileSync(fileOf(pkgname), packPackage(pkgname, says));
      return checkPkgName(pkgname);
    },
    dropPackage: (pkgname) => rmSync(fileOf(pkgname), { force: true }),
    putFile: (path, text) => {
      mkdirSync(dirname(join(pkgsrc, path)), { recursive: true });
      writeFileSync(join(pkgsrc, path), text);
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

export function packPackage(pkgname: string, says: PackageSays = {}): Buffer {
  const { files = [], buildDepends = [], depends = [], info = [], salt = '' } = says;
  const linesOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
  return gzipSync(
    makeTar([
      [
        '+CONTENTS',
        linesOf([
          `@name ${pkgname}`,
          ...depends.map((word) => `@pkgdep ${word}`),
          ...buildDepends.map((name) => `@blddep ${name}`),
          'bin/tool',
        ]),
      ],
      ['+COMMENT', 'A tool\n'],
      ['+DESC', 'A tool.\n'],
      ['+BUILD_VERSION', linesOf(files)],
      ['+BUILD_INFO', linesOf(info)],
      ['bin/tool', `x${salt}`],
    ]),
  );
}
