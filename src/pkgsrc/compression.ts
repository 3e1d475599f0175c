import { type Duplex, pipeline, Readable } from 'node:stream';
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { cutZstdFrames } from './zstdframes.ts';

/** Forms in which a file of records may come. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2';

/** A step of a pipeline: bytes in, bytes out. */
export type ByteFilter = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** bzip2 is not in Node: who wants it brings a program that packs or unpacks. */
export interface Bzip2 {
  readonly pack: ByteFilter;
  readonly unpack: ByteFilter;
}

/** Bytes that tell how a file is compressed. */
export const MAGIC_BYTES = 4;
const UNPACKED_BYTES = 1 << 18;

/** How a file is compressed by its first bytes; a shorter file is taken as it is. */
export function detectCompression(head: Buffer): Compression {
  const magic = head.toString('hex', 0, MAGIC_BYTES);
  if (magic === '28b52ffd') return 'zstd';
  if (magic.startsWith('1f8b')) return 'gzip';
  return magic.startsWith('425a68') ? 'bzip2' : 'none';
}

/** How a file is to be compressed by its name: `.zst`, `.gz`, `.bz2`, else not at all. */
export function nameCompression(path: string): Compression {
  if (path.endsWith('.zst')) return 'zstd';
  if (path.endsWith('.gz')) return 'gzip';
  return path.endsWith('.bz2') ? 'bzip2' : 'none';
}

/** The bytes unpacked, to be read once. Throws a sentence where there is no bzip2. */
export function unpackBytes(
  kind: Compression,
  chunks: AsyncIterable<Uint8Array>,
  bzip2?: Bzip2,
): AsyncIterable<Uint8Array> {
  switch (kind) {
    case 'none':
      return chunks;
    case 'gzip':
      return passThrough(chunks, createGunzip({ chunkSize: UNPACKED_BYTES }));
    case 'zstd':
      return passThrough(cutZstdFrames(chunks), createZstdDecompress({ chunkSize: UNPACKED_BYTES }));
    case 'bzip2':
      return requireBzip2(bzip2).unpack(chunks);
  }
}

/** Trouble of the source or of the step ends the reading with it: `pipeline` destroys the step with the error. */
function passThrough(chunks: AsyncIterable<Uint8Array>, step: Duplex): AsyncIterable<Uint8Array> {
  pipeline(Readable.from(chunks), step, () => {});
  return step;
}

/** The step that packs; undefined where none is needed. Throws a sentence where there is no bzip2. */
export function makePacker(kind: Compression, bzip2?: Bzip2): Duplex | ByteFilter | undefined {
  switch (kind) {
    case 'none':
      return undefined;
    case 'gzip':
      return createGzip();
    case 'zstd':
      return createZstdCompress();
    case 'bzip2':
      return requireBzip2(bzip2).pack;
  }
}

function requireBzip2(bzip2: Bzip2 | undefined): Bzip2 {
  if (bzip2 === undefined) throw new Error('bzip2 is not known here; zstd and gzip are');
  return bzip2;
}
