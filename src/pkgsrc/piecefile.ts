import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import { BulkmeshError, messageOf } from '../errors.ts';

const BLOCK_BYTES = 1 << 20;

/**
 * Writes pieces of bytes one after another, through zstd when the name ends in `.zst`: to a temporary name, then made
 * durable, then renamed. Throws `BulkmeshError` FILE_UNWRITABLE and leaves what was there before.
 */
export async function writePieces(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    if (path.endsWith('.zst')) await writeCompressed(temporary, pieces);
    else await writePlain(temporary, pieces);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    const reason = messageOf(cause);
    throw new BulkmeshError('FILE_UNWRITABLE', `Cannot write ${path}: ${reason}`, {
      hint: 'Check that the directory exists, that it may be written to, and that there is room.',
      cause,
    });
  }
}

async function writePlain(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const block of joinPieces(pieces, Buffer.allocUnsafeSlow(BLOCK_BYTES))) await file.writeFile(block);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function writeCompressed(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const blocks = copyBlocks(joinPieces(pieces, Buffer.allocUnsafeSlow(BLOCK_BYTES)));
  await pipeline(Readable.from(blocks), createZstdCompress(), createWriteStream(path, { flush: true }));
}

/** For a reader that keeps blocks for a while. */
function* copyBlocks(blocks: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const block of blocks) yield Buffer.from(block);
}

/** Few big writes in place of many small ones. A block is valid until the next one is asked for. */
function* joinPieces(pieces: Iterable<Uint8Array>, block: Buffer): Generator<Uint8Array, void> {
  let used = 0;
  for (const piece of pieces) {
    if (used + piece.length > block.length) {
      yield block.subarray(0, used);
      used = 0;
    }
    if (piece.length > block.length) {
      yield piece;
      continue;
    }
    block.set(piece, used);
    used += piece.length;
  }
  yield block.subarray(0, used);
}
