import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { buildId } from '../../src/core/ids.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { readBobHistory } from '../../src/pkgsrc/times/bobhistory.ts';
import { hasPkgTimes, readPkgTimes } from '../../src/pkgsrc/times/pkgtimes.ts';
import type { ImportedTime, ImportedTimes } from '../../src/pkgsrc/times/times.ts';
import { splitPkgName } from '../../src/pkgsrc/version.ts';
import type { HistoryRow } from '../../src/store/history.ts';
import { openStore } from '../../src/store/open.ts';

/** What was taken from one file or directory. */
export interface ImportReport {
  readonly path: string;
  readonly taken: number;
  readonly bad: ImportedTimes['bad'];
}

/** A whole tree's history of a year is some 20 MB. */
const fileBytesMax = 1 << 30;

/**
 * Takes into the history of a state directory what other tools measured: bob's history as CSV, plain or with zstd, and
 * pbulk's directory of pkgtimes (or the repository that it lies in). The same file twice changes nothing. All is read
 * before anything is written. Throws `BulkmeshError` TIMES_UNREADABLE, TIMES_INVALID, and what `openStore` throws.
 */
export const importTimes = async (
  stateDir: string,
  paths: readonly string[],
): Promise<readonly ImportReport[]> => {
  const read: { readonly path: string; readonly found: ImportedTimes }[] = [];
  for (const path of paths) read.push({ path, found: await readTimes(path) });
  const store = openStore(stateDir);
  try {
    store.together(() => {
      for (const { found } of read) store.addHistory(found.times.map(rowOf));
    });
  } finally {
    store.close();
  }
  return read.map(({ path, found }) => ({ path, taken: found.times.length, bad: found.bad }));
};

const readTimes = async (path: string): Promise<ImportedTimes> => {
  try {
    const info = await stat(path);
    if (info.isDirectory()) return await readDirectory(path);
    if (!info.isFile() || info.size > fileBytesMax) throw new Error('not a file of a history');
    const bytes = await readFile(path);
    return readBobHistory(unpack(bytes).toString('utf8'), path);
  } catch (cause) {
    if (cause instanceof BulkmeshError) throw cause;
    throw new BulkmeshError('TIMES_UNREADABLE', `${path}: ${messageOf(cause)}`, {
      hint: "Give a CSV file of bob's history, or pbulk's directory pkgtimes.",
      cause,
    });
  }
};

const readDirectory = async (path: string): Promise<ImportedTimes> => {
  for (const dir of [path, join(path, 'pkgtimes')]) {
    const isThere = await hasPkgTimes(dir).catch(() => false);
    if (isThere) return readPkgTimes(dir);
  }
  throw new Error('neither it nor pkgtimes below it has a file NAME.pkgtime');
};

/** By the magic number of a zstd frame (RFC 8878), whatever the file is called. */
const unpack = (bytes: Buffer): Buffer =>
  bytes.toString('hex', 0, 4) === '28b52ffd'
    ? zstdDecompressSync(bytes, { maxOutputLength: fileBytesMax })
    : bytes;

/** The build of an imported row is named after what it says, so that the same row is the same build. */
const rowOf = (time: ImportedTime): HistoryRow => {
  const digest = createHash('sha256')
    .update(`${time.pkgpath} ${time.pkgname} ${time.endedAtMs}`)
    .digest('hex');
  return {
    ...time,
    pkgbase: splitPkgName(time.pkgname).base,
    build: buildId(`import-${digest.slice(0, 12)}`),
    host: '',
    memoryBytes: 0,
    reason: '',
  };
};
