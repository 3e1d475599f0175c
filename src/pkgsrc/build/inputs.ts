import { hostPathOf } from '../../sandbox/hostPath.ts';
import { listTellingMakefiles } from '../repository/makefiles.ts';
import type { BuiltWith } from '../repository/note.ts';
import { digestDepends, recordPackage } from '../repository/record.ts';
import { digestSources, pathInTree, readTree } from '../repository/sources.ts';
import type { BuildRequest } from './request.ts';
import type { SaveResult } from './save.ts';

/** Where a package's files may lie beside its own directory: asked of make, empty in a tree without them. */
export const SOURCE_NAMES = ['FILESDIR', 'PATCHDIR', 'PKGDIR', 'DISTINFO_FILE'] as const;

/** Their values, as make says them. */
export type SourceVariables = Readonly<Record<(typeof SOURCE_NAMES)[number], string>>;

/**
 * Takes down what the package is made from, before anything reads it: a file that is changed later, while the package is
 * built, then differs from its note, and the package is built again.
 */
export async function readInputs(request: BuildRequest, variables: SourceVariables): Promise<BuiltWith> {
  const { record, depends, environment, shares, stamp } = request;
  const { pkgsrc } = environment;
  const inTree = (path: string): string | readonly [] => pathInTree(pkgsrc, path) ?? [];
  const places = {
    pkgpath: record.pkgpath,
    dirs: [variables.FILESDIR, variables.PATCHDIR, variables.PKGDIR].flatMap(inTree),
    files: [...[variables.DISTINFO_FILE].flatMap(inTree), ...listTellingMakefiles(record, pkgsrc).shared],
  };
  const atMs = Date.now();
  const fileDigests = digestSources(readTree(hostPathOf(pkgsrc, shares)), places);
  const dependDigests = await digestDepends(placeOf(request), depends);
  return { fileDigests, dependDigests, ...stamp, atMs };
}

/** Keeps the note of a package that was saved. Throws what the file system throws: then it has none. */
export const keepNote = (
  request: BuildRequest,
  saved: Extract<SaveResult, { kind: 'saved' }>,
  built: BuiltWith,
): Promise<void> => {
  const { record, environment, shares } = request;
  const { pkgname, pkgpath } = record;
  const { kind: _, ...digests } = saved;
  return recordPackage({
    place: placeOf(request),
    pkgsrc: hostPathOf(environment.pkgsrc, shares),
    pkgname,
    pkgpath,
    digests,
    built,
  });
};

const placeOf = ({ tree, repositoryDir, owner }: BuildRequest) => ({
  packagesDir: repositoryDir,
  pkgSuffix: tree.pkgSuffix,
  owner,
});
