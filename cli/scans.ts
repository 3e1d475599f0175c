import { BulkmeshError, messageOf } from '../src/errors.ts';
import type { ByteFilter, Bzip2 } from '../src/pkgsrc/compression.ts';
import { type DuplicateRecord, keepFirst } from '../src/pkgsrc/duplicates.ts';
import type { ScanRecord } from '../src/pkgsrc/package.ts';
import { type FilePiece, pourPieces, writePieces } from '../src/pkgsrc/piecefile.ts';
import { readPscan, readScanInput } from '../src/pkgsrc/pscan.ts';
import type { ScanOutput } from '../src/pkgsrc/record.ts';
import { filterThrough } from './child.ts';

const through =
  (...args: readonly string[]): ByteFilter =>
  (chunks) =>
    filterThrough(['bzip2', ...args], chunks);

/** The host's bzip2, for files of that form. */
const bzip2Program: Bzip2 = { pack: through('-c'), unpack: through('-dc') };

/** Several scans as one. */
export interface JoinedScan {
  /** The first record of each PKGNAME, in the order of the files. */
  readonly records: readonly ScanRecord[];
  readonly duplicates: readonly DuplicateRecord[];
  readonly malformed: ScanOutput['malformed'];
}

/**
 * Reads the scans that a command line names, one after another, `-` or none being standard input. Throws `BulkmeshError`
 * PSCAN_UNREADABLE, and SCAN_INPUT_EMPTY when they hold no record that can be used.
 */
export async function readScans(files: readonly string[]): Promise<JoinedScan> {
  const names = files.length === 0 ? ['-'] : files;
  checkStandardInput(names);
  const outputs: ScanOutput[] = [];
  for (const name of names) {
    const output = await (name === '-'
      ? readScanInput({ name: 'standard input', chunks: process.stdin }, bzip2Program)
      : readPscan(name, bzip2Program));
    if (output.records.length === 0) throw emptyInput(name === '-' ? 'standard input' : name, output);
    outputs.push(output);
  }
  return {
    ...keepFirst(outputs.flatMap(({ records }) => records)),
    malformed: outputs.flatMap(({ malformed }) => malformed),
  };
}

function checkStandardInput(names: readonly string[]): void {
  const count = names.filter((name) => name === '-').length;
  if (count === 0 || (count === 1 && !process.stdin.isTTY)) return;
  const what = count > 1 ? 'standard input can be read only once' : 'standard input is a terminal';
  throw new BulkmeshError('SCAN_INPUT_UNUSABLE', `Cannot read a scan: ${what}.`, {
    hint: 'Name a pscan file, or pipe one in.',
  });
}

function emptyInput(name: string, { malformed }: ScanOutput): BulkmeshError {
  const [first] = malformed;
  const why = first === undefined ? 'it is empty' : `line ${first.line}: ${first.reason}`;
  return new BulkmeshError('SCAN_INPUT_EMPTY', `${name} holds no usable record of a scan: ${why}.`, {
    hint: 'A scan is the output of make pbulk-index: records of KEY=value lines, each beginning with PKGNAME=.',
  });
}

/**
 * Writes to the file, compressed by its name, or to standard output, where a reader that has enough (head) is no trouble.
 * Throws `BulkmeshError` FILE_UNWRITABLE.
 */
export async function writeResult(file: string | undefined, pieces: Iterable<FilePiece>): Promise<void> {
  if (file !== undefined && file !== '-') return writePieces(file, pieces, bzip2Program);
  try {
    await pourPieces(process.stdout, pieces);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') return;
    throw new BulkmeshError('FILE_UNWRITABLE', `Cannot write to standard output: ${messageOf(cause)}`, {
      hint: 'Check that there is room where it goes.',
      cause,
    });
  }
}
