import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { z } from 'zod';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import type { PkgPath } from '../../src/pkgsrc/package.ts';
import type { FarIndex } from '../../src/pkgsrc/scan/elsewhere.ts';

/** What the scan of a batch gave. */
export interface BatchResult {
  readonly indexes: readonly FarIndex[];
  /** Of the system where it was made. */
  readonly likeness: string;
  /** Digests of files as its sandbox had them, of those that are shared with none. */
  readonly inside: ReadonlyMap<string, string>;
}

/** Of a result as it is sent; the largest path prints 2 MB, which packs well. */
export const resultBytesMax = 32 * 2 ** 20;
const unpackedBytesMax = 256 * 2 ** 20;
const [namesMax, textMax] = [262_144, 65_536];
/** Of what make said where the scan of a path failed. */
const detailMax = 16_384;

const pack = promisify(zstdCompress);
const unpack = promisify(zstdDecompress);

const nameSchema = z
  .string()
  .max(4_096)
  .regex(/^[^\0\n]*$/);
const digestSchema = z.string().regex(/^[0-9a-f]{64}$/);
const countSchema = z.int().min(0).max(unpackedBytesMax);
const headSchema = z.object({
  format: z.literal(1),
  likeness: digestSchema,
  inside: z.array(z.tuple([nameSchema, digestSchema])).max(namesMax),
  /** Names of makefiles, each once. */
  names: z.array(nameSchema).max(namesMax),
  indexes: z
    .array(
      z.discriminatedUnion('kind', [
        z.object({
          kind: z.literal('indexed'),
          pkgpath: z.string(),
          bytes: countSchema.min(1),
          makefiles: z.array(countSchema).max(namesMax),
        }),
        z.object({
          kind: z.literal('failed'),
          pkgpath: z.string(),
          reason: z.string().max(textMax),
          detail: z.string().max(textMax),
        }),
      ]),
    )
    .max(4_096),
});
type Head = z.infer<typeof headSchema>;

/** A line of JSON, and the records as they were printed; packed. The same answers give the same bytes. */
export const encodeResult = async ({ indexes, likeness, inside }: BatchResult): Promise<Buffer> => {
  const numbers = new Map<string, number>();
  const numberOf = (name: string): number => {
    const known = numbers.get(name) ?? numbers.size;
    numbers.set(name, known);
    return known;
  };
  const rows = indexes.map((index): Head['indexes'][number] => {
    const { kind, pkgpath } = index;
    if (kind === 'indexed') {
      return { kind, pkgpath, bytes: index.text.length, makefiles: index.makefiles.map(numberOf) };
    }
    const { reason, detail } = index.failure;
    return { kind, pkgpath, reason: reason.slice(0, detailMax), detail: detail.slice(0, detailMax) };
  });
  const head: Head = { format: 1, likeness, inside: [...inside], names: [...numbers.keys()], indexes: rows };
  const texts = indexes.flatMap((index) => (index.kind === 'indexed' ? [index.text] : []));
  return pack(Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...texts]));
};

/**
 * What `encodeResult` made for these paths: one answer for each. Rejects with SCAN_RESULT_BAD for anything else: it comes from another
 * host. Records are still to be parsed.
 */
export const decodeResult = async (bytes: Uint8Array, paths: readonly PkgPath[]): Promise<BatchResult> => {
  try {
    const text = await unpack(bytes, { maxOutputLength: unpackedBytesMax });
    const headEnd = text.indexOf(0x0a);
    const head = headSchema.parse(JSON.parse(text.toString('utf8', 0, Math.max(0, headEnd))));
    const indexes = cutIndexes(head, text.subarray(headEnd + 1), new Map(paths.map((path) => [path, path])));
    return { indexes, likeness: head.likeness, inside: new Map(head.inside) };
  } catch (error) {
    const why = messageOf(error).slice(0, 500);
    throw new BulkmeshError('SCAN_RESULT_BAD', `what another host scanned cannot be read: ${why}`, {
      hint: 'run the same version of bulkmesh on all hosts of the mesh',
    });
  }
};

const cutIndexes = (
  { names, indexes }: Head,
  texts: Buffer,
  wanted: Map<string, PkgPath>,
): readonly FarIndex[] => {
  let at = 0;
  const cut = indexes.map((row): FarIndex => {
    const pkgpath = wanted.get(row.pkgpath);
    if (pkgpath === undefined) throw new Error('it answers for a path twice, or for one of another batch');
    wanted.delete(pkgpath);
    if (row.kind === 'failed') {
      const { reason, detail } = row;
      return { kind: 'failed', pkgpath, failure: { pkgpath, reason, detail } };
    }
    const text = texts.subarray(at, at + row.bytes);
    at += row.bytes;
    const makefiles = row.makefiles.map((number) => {
      const name = names[number];
      if (name === undefined) throw new Error(`it has no file ${number}`);
      return name;
    });
    return { kind: 'indexed', pkgpath, text, makefiles };
  });
  if (at !== texts.length) throw new Error('its records are not as long as it says');
  if (wanted.size > 0) throw new Error(`it has no answer for ${wanted.size} paths`);
  return cut;
};
