import { isPkgName } from '../name.ts';
import type { PackageMetadata } from '../pkgfile.ts';
import type { MadeFrom } from './note.ts';
import { isTreePath } from './sources.ts';

/** What a package says of how it was made. Lines that are none of the known form are passed over. */
export const readMadeFrom = (metadata: PackageMetadata): MadeFrom => ({
  files: readBuildVersion(metadata.get('+BUILD_VERSION') ?? ''),
  buildDepends: linesOf(metadata.get('+CONTENTS'))
    .flatMap((line) => /^@blddep\s+(\S+)\s*$/.exec(line)?.[1] ?? [])
    .filter(isPkgName),
  options: readBuildInfo(metadata, 'PKG_OPTIONS').trim(),
});

/** A variable of +BUILD_INFO; empty where it is not set. */
export const readBuildInfo = (metadata: PackageMetadata, name: string): string =>
  linesOf(metadata.get('+BUILD_INFO'))
    .find((line) => line.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? '';

/**
 * Lines `path:<blank>id`, as pkgsrc's mk/pkgformat/pkg/metadata.mk writes them. The path is one within the tree, and the
 * file is a stranger's: what would lead out of the tree is left out.
 */
const readBuildVersion = (text: string): MadeFrom['files'] =>
  linesOf(text).flatMap((line) => {
    const at = line.indexOf(':');
    const path = line.slice(0, Math.max(0, at));
    return isTreePath(path) ? [{ path, id: line.slice(at + 1).trim() }] : [];
  });

const linesOf = (text: string | undefined): readonly string[] => (text ?? '').split('\n');
