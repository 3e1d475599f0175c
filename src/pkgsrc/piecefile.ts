import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BulkmeshError, messageOf } from '../errors.ts';
import { type Bzip2, makePacker, nameCompression } from './compression.ts';

const BLOCK_BYTES = 1 << 20;

/** Bytes to write, or text to be written as UTF-8. */
export type FilePiece = Uint8Array | string;

/**
 * Writes pieces one after another, compressed as the name says (`.zst`, `.gz`, `.bz2`): to a temporary name, then made
 * durable, then renamed. What is no regular file (a device, a pipe) is written as it is, never replaced. Throws
 * `BulkmeshError` FILE_UNWRITABLE and leaves what was there before.
 */
export async function writePieces(path: string, pieces: Iterable<FilePiece>, bzip2?: Bzip2): Promise<void> {
  try {
    const target = await findTarget(path);
    if (target.kind === 'special') await writeStream(createWriteStream(target.path), path, pieces, bzip2);
    else await replaceFile(target.path, path, pieces, bzip2);
  } catch (cause) {
    throw new BulkmeshError('FILE_UNWRITABLE', `Cannot write ${path}: ${messageOf(cause)}`, {
      hint: 'Check that the directory exists, that it may be written to, and that there is room.',
      cause,
    });
  }
}

/** Writes pieces, in blocks, to a stream that stays open. Rejects with what the stream meets. */
export async function pourPieces(stream: Writable, pieces: Iterable<FilePiece>): Promise<void> {
  for (const block of joinPieces(pieces)) await writeBlock(stream, block);
}

/** Until the stream is done with the block, which is then used again: a copy of each would cost more than all the joining. */
const writeBlock = (stream: Writable, block: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.write(block, (error) => (error ? reject(error) : resolve()));
  });

/** A link is followed: it is not the link that is to be written. */
async function findTarget(path: string): Promise<{ kind: 'file' | 'special'; path: string }> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return { kind: 'file', path };
  if (found.isDirectory()) throw new Error('it is a directory');
  return found.isFile() ? { kind: 'file', path: await realpath(path) } : { kind: 'special', path };
}

async function replaceFile(
  path: string,
  name: string,
  pieces: Iterable<FilePiece>,
  bzip2: Bzip2 | undefined,
): Promise<void> {
  // In a directory where others may write, nobody can have put a link there before.
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    if (nameCompression(name) === 'none') await writePlain(temporary, pieces);
    else await writeStream(createWriteStream(temporary, { flags: 'wx', flush: true }), name, pieces, bzip2);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}

async function writePlain(path: string, pieces: Iterable<FilePiece>): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (const block of joinPieces(pieces)) await writeWhole(file, block);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** `writeFile` would go in pieces of half a megabyte, and each costs a turn of the event loop. */
async function writeWhole(file: FileHandle, block: Uint8Array): Promise<void> {
  for (let at = 0; at < block.length; ) {
    const { bytesWritten } = await file.write(block, at);
    at += bytesWritten;
  }
}

async function writeStream(
  stream: Writable,
  name: string,
  pieces: Iterable<FilePiece>,
  bzip2: Bzip2 | undefined,
): Promise<void> {
  const blocks = Readable.from(copyBlocks(joinPieces(pieces)));
  const packer = makePacker(nameCompression(name), bzip2);
  if (packer === undefined) await pipeline(blocks, stream);
  else await pipeline(blocks, packer, stream);
}

/** For a reader that keeps blocks for a while. */
function* copyBlocks(blocks: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const block of blocks) yield Buffer.from(block);
}

/** Few big writes in place of many small ones. A block is valid until the next one is asked for. */
function* joinPieces(pieces: Iterable<FilePiece>): Generator<Uint8Array, void> {
  const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let used = 0;
  for (const piece of pieces) {
    const sizeBytes = typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length;
    if (used + sizeBytes > block.length) {
      yield block.subarray(0, used);
      used = 0;
    }
    if (sizeBytes > block.length) {
      yield typeof piece === 'string' ? Buffer.from(piece) : piece;
      continue;
    }
    if (typeof piece === 'string') block.write(piece, used);
    else block.set(piece, used);
    used += sizeBytes;
  }
  yield block.subarray(0, used);
}
