import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';

import { BulkmeshError } from '../errors.ts';

/** Part of a file: UTF-8 text, or bytes that must stay valid until the file is written. */
export type Piece = string | Uint8Array;

/** One file to be written: its content in pieces, and whether it is compressed on the way. */
export interface FileDraft {
  readonly name: string;
  readonly content: Iterable<Piece>;
  readonly encoding?: 'plain' | 'zstd';
}

/**
 * Writes a file in full, durably, under its temporary name, which is returned; `publishFile` puts it in place. The
 * temporary name is fixed for a name, so that what a killed process left is overwritten and not collected.
 */
export async function stageFile(dir: string, draft: FileDraft): Promise<string> {
  const temporary = join(dir, nameTemporary(draft.name));
  try {
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', 0o644);
    // The stream closes the file, after its flush to the disk.
    const sink = file.createWriteStream({ flush: true });
    const source = Readable.from(joinPieces(draft.content));
    if (draft.encoding === 'zstd') await pipeline(source, createZstdCompress(), sink);
    else await pipeline(source, sink);
    return temporary;
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw toWriteError(join(dir, draft.name), cause);
  }
}

/** Puts a staged file in its place, over what may be there. */
export async function publishFile(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (cause) {
    throw toWriteError(path, cause);
  }
}

/** Makes the directory with its parents, and returns when it is there. */
export async function makeDirectory(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (cause) {
    throw toWriteError(dir, cause);
  }
}

/** Makes renames in a directory durable. */
export async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The name under which a file lies until it is complete. */
export function nameTemporary(name: string): string {
  return `.${name}.part`;
}

const BLOCK_BYTES = 256 * 1_024;

/** A write for each of 30,000 records would cost more than the records. */
function* joinPieces(content: Iterable<Piece>): Generator<Buffer> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of content) {
    const part = typeof piece === 'string' ? Buffer.from(piece) : piece;
    pieces.push(part);
    bytes += part.length;
    if (bytes < BLOCK_BYTES) continue;
    yield Buffer.concat(pieces);
    pieces = [];
    bytes = 0;
  }
  yield Buffer.concat(pieces);
}

function toWriteError(path: string, cause: unknown): BulkmeshError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new BulkmeshError('REPORT_NOT_WRITTEN', `The report file ${path} could not be written: ${detail}`, {
    hint: `Check space and permissions of ${dirname(path)}, then ask for the report again; the build is kept.`,
    cause,
  });
}
