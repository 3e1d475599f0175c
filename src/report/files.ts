import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';

import { BulkmeshError, messageOf } from '../errors.ts';

/** Part of a file: text, written as UTF-8, or bytes, which need not outlive the call for the next part. */
export type Piece = string | Uint8Array;

/** One file to be written: its content in pieces, and whether it is compressed on the way. */
export interface FileDraft {
  readonly name: string;
  readonly content: Iterable<Piece>;
  readonly encoding?: 'plain' | 'zstd';
}

/**
 * Writes a file in full, durably, under its temporary name, which is returned; `publishFile` puts it in
 * place. The temporary name is fixed for a name, so that what a killed process left is overwritten and not
 * collected.
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

/** The name under which a file lies until it is complete. */
function nameTemporary(name: string): string {
  return `.${name}.part`;
}

const BLOCK_BYTES = 256 * 1_024;

/**
 * A write for each of 30,000 records would cost more than the records. Pieces are copied before the next one
 * is asked for: those of the scan are views of memory that their owner may use again.
 */
function* joinPieces(content: Iterable<Piece>): Generator<Buffer> {
  let block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let used = 0;
  for (const piece of content) {
    let rest: Uint8Array = typeof piece === 'string' ? Buffer.from(piece) : piece;
    while (rest.length > 0) {
      const part = rest.subarray(0, block.length - used);
      block.set(part, used);
      used += part.length;
      rest = rest.subarray(part.length);
      if (used < block.length) continue;
      yield block;
      block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      used = 0;
    }
  }
  yield block.subarray(0, used);
}

function toWriteError(path: string, cause: unknown): BulkmeshError {
  const detail = messageOf(cause);
  return new BulkmeshError('REPORT_NOT_WRITTEN', `The report file ${path} could not be written: ${detail}`, {
    hint: `Check room and rights in ${dirname(path)}, then ask for the report again: the build is kept.`,
    cause,
  });
}
