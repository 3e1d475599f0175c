import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { z } from 'zod';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { isPkgPath } from '../../src/pkgsrc/name.ts';
import type { PkgPath } from '../../src/pkgsrc/package.ts';
import { decodeSheet } from '../sheet/decode.ts';
import { encodeSheet } from '../sheet/encode.ts';
import type { BuildSheet } from '../sheet/sheet.ts';
import type { ScanPart } from './part.ts';

/** All that another host must know to scan a part of the tree for a build. */
export interface ScanSheet {
  /** As of a build that has no packages yet. */
  readonly sheet: BuildSheet;
  readonly part: ScanPart;
}

/** A sheet of a build begins with the mark of zstd, this one with a line. */
const mark = 'bulkmesh-scan 1 ';
const headBytesMax = 64;
const partBytesMax = 64 * 2 ** 20;
const [batchesMax, pathsMax] = [65_536, 1_024];

const pack = promisify(zstdCompress);
const unpack = promisify(zstdDecompress);

const pathSchema = z.custom<PkgPath>((value) => typeof value === 'string' && isPkgPath(value));
const countSchema = z.int().min(0).max(1e9);
const partSchema = z.object({
  batches: z
    .array(z.tuple([z.string().regex(/^scan-\d{4,6}$/), z.array(pathSchema).min(1).max(pathsMax)]))
    .max(batchesMax),
  likeness: z.string().regex(/^[0-9a-f]{64}$/),
  before: z.object({ done: countSchema, failed: countSchema }),
});

/** A line that tells how long the sheet is, the sheet as of a build, and the batches, packed. */
export const encodeScanSheet = async ({ sheet, part }: ScanSheet): Promise<Buffer> => {
  const common = await encodeSheet(sheet);
  const own = await pack(Buffer.from(JSON.stringify({ ...part, batches: [...part.batches] })));
  return Buffer.concat([Buffer.from(`${mark}${common.length}\n`), common, own]);
};

/** Whether a sheet is that of a scan. */
export const isScanSheet = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, mark.length)).toString('latin1') === mark;

/** What `encodeScanSheet` made. Rejects with SHEET_BAD for anything else: it comes from another host. */
export const decodeScanSheet = async (bytes: Uint8Array): Promise<ScanSheet> => {
  const head = Buffer.from(bytes.subarray(0, headBytesMax)).toString('latin1');
  const length = /^bulkmesh-scan 1 (\d{1,12})\n/.exec(head)?.[1];
  const from = head.indexOf('\n') + 1;
  if (length === undefined || from + Number(length) > bytes.length) throw badSheet('its head is none');
  const sheet = await decodeSheet(bytes.subarray(from, from + Number(length)));
  try {
    const text = await unpack(bytes.subarray(from + Number(length)), { maxOutputLength: partBytesMax });
    const { batches, ...part } = partSchema.parse(JSON.parse(text.toString('utf8')));
    return { sheet, part: { ...part, batches: new Map(batches) } };
  } catch (error) {
    throw badSheet(messageOf(error).slice(0, 500));
  }
};

const badSheet = (why: string): BulkmeshError =>
  new BulkmeshError('SHEET_BAD', `the sheet of a scan cannot be read: ${why}`, {
    hint: 'run the same version of bulkmesh on all hosts of the mesh',
  });
