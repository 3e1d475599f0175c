import { open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import { temporaryName, temporaryPrefix } from './place.ts';

/** How a file of the repository is compressed, which is the end of its name as well. */
export type Compression = 'gz' | 'bz2' | 'zst';

/** Turns `file` into `file.bz2`, and leaves nothing else; rejects when it cannot. */
export type PackBzip2 = (file: string) => Promise<void>;

/** What a file of the repository is written with. */
export interface CompressedWriter {
  /** Where temporary files lie: on the file system of the files themselves. */
  readonly dir: string;
  /** Of this agent, for temporary names. */
  readonly owner: string;
  /** Undefined where the host has no bzip2: then nothing is written in that form. */
  readonly packBzip2: PackBzip2 | undefined;
}

// Of 40 MB of summaries: 0.4 s and a tenth more than the smallest, which takes half a minute.
const ZSTD_LEVEL = 9;

/**
 * Writes `path` anew out of texts, compressed: the old file is there until the new one is whole and on disk. Throws what the
 * file system and the compressor throw; then the old file stands.
 */
export async function writeCompressed(
  { dir, owner, packBzip2 }: CompressedWriter,
  path: string,
  compression: Compression,
  texts: Iterable<string>,
): Promise<void> {
  const temporary = join(dir, temporaryName(owner));
  const whole = compression === 'bz2' ? `${temporary}.bz2` : temporary;
  try {
    const file = await open(temporary, 'wx', 0o644);
    // The stream closes the file, after its flush to the disk.
    const sink = file.createWriteStream({ flush: true });
    const source = Readable.from(joinTexts(texts));
    const packer = makePacker(compression);
    if (packer === undefined) await pipeline(source, sink);
    else await pipeline(source, packer, sink);
    if (compression === 'bz2') {
      if (packBzip2 === undefined) throw new Error('this host has no bzip2');
      await packBzip2(temporary);
      await using packed = await open(whole, 'r');
      await packed.sync();
    }
    await rename(whole, path);
  } catch (error) {
    for (const left of [temporary, whole]) await unlink(left).catch(() => undefined);
    throw error;
  }
}

/** Deletes what a killed life of this agent left while a compressor ran. */
export async function sweepCompressed(dir: string, owner: string): Promise<void> {
  const left = (await readdir(dir)).filter(
    (name) => name.startsWith(temporaryPrefix(owner)) && name.endsWith('.tmp.bz2'),
  );
  for (const name of left) await unlink(join(dir, name)).catch(() => undefined);
}

function makePacker(compression: Compression): Transform | undefined {
  switch (compression) {
    case 'gz':
      return createGzip();
    case 'zst':
      return createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
    case 'bz2':
      return undefined;
  }
}

const PIECE_CHARS = 1 << 18;

/** A turn of the stream for each of 20,000 records would cost more than their compression. */
function* joinTexts(texts: Iterable<string>): Generator<string> {
  let piece = '';
  for (const text of texts) {
    piece += text;
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
