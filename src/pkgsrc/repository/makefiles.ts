import { join } from 'node:path';
import type { ScanRecord } from '../package.ts';
import { pathInTree } from './sources.ts';

/** Of the makefiles that make read for a package, those that are the package's own to answer for. */
export interface TellingMakefiles {
  /** Makefile.common and the like in other package directories, as paths in the tree. */
  readonly shared: readonly string[];
  /** Outside the tree: mk.conf and what it includes, and make's own files. Absolute. */
  readonly outside: readonly string[];
}

/**
 * Reads SCAN_DEPENDS. The tree's infrastructure (mk/) and the buildlink3.mk of dependencies are not in the answer, as they are
 * not in +BUILD_VERSION: a change in them says itself, by a new version, which packages it is to be built for.
 */
export function listTellingMakefiles(record: ScanRecord, pkgsrc: string): TellingMakefiles {
  const line = /^SCAN_DEPENDS=(.*)$/m.exec(record.text)?.[1] ?? '';
  const shared = new Set<string>();
  const outside = new Set<string>();
  const dir = join(pkgsrc, record.pkgpath);
  for (const word of line.split(' ')) {
    // Nearly all words end here: two million of them in a whole tree.
    if (word.startsWith('../../') && !word.includes('/Makefile')) continue;
    if (word === '') continue;
    const path = word.startsWith('/') ? join(word) : join(dir, word);
    const inTree = pathInTree(pkgsrc, path);
    if (inTree === undefined) outside.add(path);
    else if (isShared(inTree, record.pkgpath)) shared.add(inTree);
  }
  return { shared: [...shared].sort(), outside: [...outside].sort() };
}

/** `category/package/Makefile.anything` of another package. */
function isShared(path: string, pkgpath: string): boolean {
  const parts = path.split('/');
  return (
    parts.length === 3 &&
    parts[0] !== 'mk' &&
    (parts[2] ?? '').startsWith('Makefile') &&
    !path.startsWith(`${pkgpath}/`)
  );
}
