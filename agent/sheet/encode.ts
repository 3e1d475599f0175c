import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import { decidedSchema } from '../../src/pkgsrc/fresh/verdict.ts';
import { recordBytes } from '../../src/pkgsrc/record.ts';
import { type Head, type PackageRow, type Rows, sheetFormat } from './rows.ts';
import type { BuildSheet } from './sheet.ts';

/** So many rows are a line: few enough that nobody waits while it is read. */
const rowsPerLine = 250;
const pieceBytes = 1 << 18;
/** Of what make said where its scan failed. */
const detailMax = 16_384;

/**
 * A sheet as a blob: zstd of lines of JSON, a blank line, and the records in pbulk's own text. Other work of this
 * process goes on meanwhile.
 */
export const encodeSheet = async (sheet: BuildSheet): Promise<Buffer> => {
  let packed = Buffer.alloc(0);
  const source = Readable.from(joinPieces(sheet));
  await pipeline(source, createZstdCompress({ chunkSize: pieceBytes }), async (out) => {
    packed = await buffer(out);
  });
  return packed;
};

/** The pieces in larger ones: each costs a turn of the thread that compresses. */
function* joinPieces(sheet: BuildSheet): Generator<Buffer> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for (const piece of listPieces(sheet)) {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes < pieceBytes) continue;
    yield Buffer.concat(held);
    held = [];
    heldBytes = 0;
  }
  yield Buffer.concat(held);
}

function* listPieces(sheet: BuildSheet): Generator<Uint8Array> {
  yield toLine(headOf(sheet));
  for (const rows of listRows(sheet)) yield toLine(rows);
  yield Buffer.from('\n');
  for (const { record } of sheet.resolution.packages) yield recordBytes(record);
}

const toLine = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value)}\n`);

const headOf = ({ failures, resolution, decisions, kept, settings, ...head }: BuildSheet): Head => ({
  ...head,
  format: sheetFormat,
  packages: resolution.packages.length,
  records: decisions.records,
  settings: decisions.settings,
});

function* listRows({ failures, settings, resolution, decisions, kept }: BuildSheet): Generator<Rows> {
  for (const part of cut(failures)) {
    yield ['failures', part.map((one) => ({ ...one, detail: one.detail.slice(0, detailMax) }))];
  }
  for (const part of cut(settings)) yield ['settings', part];
  const { packages } = resolution;
  if (packages.length !== decisions.packages.length) throw new TypeError('decisions of another build');
  for (let from = 0; from < packages.length; from += rowsPerLine) {
    const part = packages.slice(from, from + rowsPerLine);
    const rows = part.map(({ record, depends }, index): PackageRow => {
      const row = decisions.packages[from + index];
      if (row?.pkgname !== record.pkgname) throw new TypeError('decisions of another build');
      const found = kept.get(record.pkgname);
      return { needs: depends, decided: decidedSchema.parse(row.verdict), ...(found && { kept: found }) };
    });
    yield ['packages', rows];
  }
}

function* cut<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += rowsPerLine) yield rows.slice(from, from + rowsPerLine);
}
