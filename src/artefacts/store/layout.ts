import { join } from 'node:path';
import type { Sha256 } from '../sha256.ts';

/**
 * Where the things of a store lie, all below one directory on one file system: `blobs/ab/<sha256>` whole and right, `parts/<sha256>`
 * what came of a blob so far, `tmp/` what is being made (nobody's after a crash), `quarantine/` what was found wrong.
 */
export interface Layout {
  readonly root: string;
  readonly blobs: string;
  readonly parts: string;
  readonly tmp: string;
  readonly quarantine: string;
}

export const layoutOf = (root: string): Layout => ({
  root,
  blobs: join(root, 'blobs'),
  parts: join(root, 'parts'),
  tmp: join(root, 'tmp'),
  quarantine: join(root, 'quarantine'),
});

/** The directory of a blob, and its file. */
export const blobDir = ({ blobs }: Layout, sha256: Sha256): string => join(blobs, sha256.slice(0, 2));

export const blobFile = (layout: Layout, sha256: Sha256): string => join(blobDir(layout, sha256), sha256);

export const partFile = ({ parts }: Layout, sha256: Sha256): string => join(parts, sha256);
