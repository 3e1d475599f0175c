import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What a log keeps once the disk is full. */
export const FULL_DISK_LOG_BYTES_MAX = 1 << 20;

/** Room for the line that says what is gone. */
const CUT_BYTES_MAX = 128;

/** How much of its beginning and of its end a log keeps that is cut to `maxBytes`: why it failed is at the end. */
export function splitLogRoom(maxBytes: number): { readonly headBytes: number; readonly tailBytes: number } {
  const headBytes = Math.floor(maxBytes / 4);
  return { headBytes, tailBytes: maxBytes - headBytes - CUT_BYTES_MAX };
}

/**
 * Cuts a log that is longer than `maxBytes`, or takes more room, to its first quarter and its end with a line between
 * that says how much is gone, what earlier cuts took included. The programs of a package hold the log open and can make it
 * as long as a file can be: what lies between the ends is never read. What is no regular file is left alone. Returns
 * whether it was cut; throws what the file system throws.
 */
export async function cutLog(path: string, maxBytes: number): Promise<boolean> {
  await using file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stats = await file.stat();
  // Room can be taken beyond the end of a file.
  if (!stats.isFile() || Math.max(stats.size, stats.blocks * 512) <= maxBytes) return false;
  if (stats.size <= maxBytes) {
    const whole = await readAt(file, 0, stats.size);
    await file.truncate(0);
    await writeAt(file, whole, 0);
    return true;
  }
  const { headBytes, tailBytes } = splitLogRoom(maxBytes);
  const earlierBytes = await readCut(file, headBytes);
  const tail = await readAt(file, stats.size - tailBytes, tailBytes);
  const cutBytes = stats.size - headBytes - tail.length;
  // This frees the room that the rest needs; the head never leaves the disk.
  await file.truncate(headBytes);
  await writeAt(file, Buffer.concat([formatCut(cutBytes + earlierBytes), tail]), headBytes);
  return true;
}

const formatCut = (cutBytes: number): Buffer =>
  Buffer.from(`\n\n===> bulkmesh cut ${cutBytes} bytes out of this log here <===\n\n`);

/**
 * What an earlier cut at the same place took; 0 where there was none. Its own line is not of the log. A program that
 * prints such a line at this very place makes the figure wrong, and nothing else.
 */
async function readCut(file: FileHandle, headBytes: number): Promise<number> {
  const text = (await readAt(file, headBytes, CUT_BYTES_MAX)).toString('latin1');
  const [line = '', digits] =
    /^\n\n===> bulkmesh cut (\d{1,15}) bytes out of this log here <===\n\n/.exec(text) ?? [];
  return digits === undefined ? 0 : Number(digits) - line.length;
}

async function readAt(file: FileHandle, start: number, sizeBytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(sizeBytes);
  let filled = 0;
  while (filled < sizeBytes) {
    const { bytesRead } = await file.read(buffer, filled, sizeBytes - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function writeAt(file: FileHandle, bytes: Buffer, start: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, start + written);
    written += bytesWritten;
  }
}
