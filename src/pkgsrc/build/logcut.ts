import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What stays of each end of a log that is cut. */
const KEPT_BYTES = 512 << 10;

/** A log that needs more room than this is cut at the end of its stage. */
export const LOG_BYTES_MAX = 64 << 20;
/** The same once the disk is full: little more than what a cut leaves. */
export const FULL_DISK_LOG_BYTES_MAX = 2 * KEPT_BYTES;

/**
 * Cuts a log that is longer than `maxBytes`, or takes more room, to its first and last 512 KiB with a line
 * between that says so. The programs of a package hold the log open and can make it as long as a file can be:
 * what lies between the ends is never read. What is no regular file is left alone. Returns whether it was cut;
 * throws what the file system throws.
 */
export async function cutLog(path: string, maxBytes: number): Promise<boolean> {
  await using file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stats = await file.stat();
  // Room can be taken beyond the end of a file.
  if (!stats.isFile() || Math.max(stats.size, stats.blocks * 512) <= maxBytes) return false;
  if (stats.size <= 2 * KEPT_BYTES) {
    const whole = await readAt(file, 0, stats.size);
    await file.truncate(0);
    await writeAt(file, whole, 0);
    return true;
  }
  const head = await readAt(file, 0, KEPT_BYTES);
  const tail = await readAt(file, stats.size - KEPT_BYTES, KEPT_BYTES);
  const cutBytes = stats.size - head.length - tail.length;
  // This frees the room that the rest needs; the head never leaves the disk.
  await file.truncate(head.length);
  await writeAt(file, Buffer.concat([formatCut(cutBytes), tail]), head.length);
  return true;
}

const formatCut = (cutBytes: number): Buffer =>
  Buffer.from(`\n\n===> bulkmesh cut ${cutBytes} bytes out of this log here <===\n\n`);

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
