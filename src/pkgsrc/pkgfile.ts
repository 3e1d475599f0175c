import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createZstdDecompress, gunzipSync } from 'node:zlib';
import { messageOf } from '../errors.ts';

/** The files at the head of a binary package that are asked for: `+CONTENTS`, `+COMMENT` ... */
export type PackageMetadata = ReadonlyMap<MetadataName, string>;

export type MetadataName = (typeof METADATA_NAMES)[number];

export type MetadataResult =
  | { readonly kind: 'read'; readonly files: PackageMetadata }
  /** A package, it seems, in a form that this program does not open: bzip2, xz, signed. */
  | { readonly kind: 'opaque'; readonly format: string }
  /** Not a package, or a damaged one. */
  | { readonly kind: 'damaged'; readonly reason: string };

const METADATA_NAMES = [
  '+CONTENTS',
  '+COMMENT',
  '+SIZE_PKG',
  '+BUILD_INFO',
  '+BUILD_VERSION',
  '+DESC',
] as const;

/** Of all members at the head together: `+CONTENTS` of the largest packages is some 10 MB. */
const METADATA_BYTES_MAX = 64 << 20;
/** pkg_create(1) writes some fifteen. */
const METADATA_MEMBERS_MAX = 64;
const PKGNAME_LENGTH_MAX = 255;
const BLOCK = 512;

/**
 * Reads the metadata of a binary package: a tar, plain or through gzip or zstd, whose first members are the
 * `+` files. Stops at the first member of another name, so a large package costs no more than a small one. More
 * metadata than any package has is damage: the file is a stranger's, and unpacked it could be of any size.
 * Never throws for what is in the file; throws when the file cannot be opened.
 */
export async function readPackageMetadata(path: string): Promise<MetadataResult> {
  const format = await detectFormat(path);
  if (format.kind === 'opaque') return { kind: 'opaque', format: format.name };
  const source = createReadStream(path);
  const stream = new PassThrough();
  const copied = (
    format.decoder === undefined ? pipeline(source, stream) : pipeline(source, format.decoder, stream)
  ).catch(() => undefined);
  try {
    return await readMembers(new BlockReader(stream));
  } catch (error) {
    return { kind: 'damaged', reason: messageOf(error) };
  } finally {
    stream.destroy();
    await copied;
  }
}

/**
 * The same for a package that is in memory, at once: a stream for each of thousands of small packages takes ten times as long.
 * Undefined when that is not enough to tell; then `readPackageMetadata` is to be asked.
 */
export async function readHeldMetadata(bytes: Buffer): Promise<PackageMetadata | undefined> {
  const head = unpackHead(bytes.subarray(0, HEAD_BYTES));
  if (head === undefined) return undefined;
  try {
    const result = await readMembers(new BlockReader(oneChunk(head)));
    return result.kind === 'read' ? result.files : undefined;
  } catch {
    return undefined;
  }
}

/** Of a package in memory: holds the metadata of nearly all. */
const HEAD_BYTES = 1 << 16;
const UNPACKED_BYTES_MAX = 4 << 20;

function unpackHead(head: Buffer): Buffer | undefined {
  if (!head.subarray(0, 2).equals(GZIP_MAGIC)) return undefined;
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: UNPACKED_BYTES_MAX };
    return gunzipSync(head, options);
  } catch {
    return undefined;
  }
}

const GZIP_MAGIC = Buffer.from('1f8b', 'hex');

async function* oneChunk(chunk: Buffer): AsyncGenerator<Buffer> {
  yield chunk;
}

/** What a package file says that it is: the `@name` line of `+CONTENTS`. */
export async function readPackageName(
  path: string,
): Promise<
  | { readonly kind: 'named'; readonly pkgname: string }
  | { readonly kind: 'opaque'; readonly format: string }
  | { readonly kind: 'damaged'; readonly reason: string }
> {
  const result = await readPackageMetadata(path);
  if (result.kind !== 'read') return result;
  const name = /^@name (\S+)$/m.exec(result.files.get('+CONTENTS') ?? '')?.[1];
  if (name === undefined || name.length > PKGNAME_LENGTH_MAX)
    return { kind: 'damaged', reason: '+CONTENTS names no package' };
  return { kind: 'named', pkgname: name };
}

type Format =
  | { readonly kind: 'tar'; readonly decoder: Transform | undefined }
  | { readonly kind: 'opaque'; readonly name: string };

const OPAQUE: readonly (readonly [string, string])[] = [
  ['425a68', 'bzip2'],
  ['fd377a585a00', 'xz'],
  ['213c617263683e', 'a signed package'],
];

async function detectFormat(path: string): Promise<Format> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
  const magic = buffer.toString('hex', 0, bytesRead);
  if (magic.startsWith('1f8b')) return { kind: 'tar', decoder: createGunzip() };
  if (magic.startsWith('28b52ffd')) return { kind: 'tar', decoder: createZstdDecompress() };
  const opaque = OPAQUE.find(([prefix]) => magic.startsWith(prefix));
  return opaque === undefined ? { kind: 'tar', decoder: undefined } : { kind: 'opaque', name: opaque[1] };
}

async function readMembers(reader: BlockReader): Promise<MetadataResult> {
  const files = new Map<MetadataName, string>();
  let leftBytes = METADATA_BYTES_MAX;
  for (let members = 0; ; members += 1) {
    const header = await reader.read(BLOCK);
    if (header === undefined || header.every((byte) => byte === 0)) break;
    if (!hasValidChecksum(header)) return { kind: 'damaged', reason: 'it is not a tar file' };
    const name = readText(header, 0, 100);
    const sizeBytes = Number.parseInt(readText(header, 124, 12).trim() || '0', 8);
    const type = String.fromCharCode(header[156] ?? 0);
    const isExtension = type === 'x' || type === 'g';
    if (!isExtension && !name.startsWith('+')) break;
    if (!(sizeBytes >= 0)) return { kind: 'damaged', reason: `${name} has a size that cannot be` };
    const paddedBytes = Math.ceil(sizeBytes / BLOCK) * BLOCK;
    leftBytes -= paddedBytes;
    if (leftBytes < 0 || members >= METADATA_MEMBERS_MAX) {
      return { kind: 'damaged', reason: `it has more metadata than any package, up to ${name}` };
    }
    const data = await reader.read(paddedBytes);
    if (data === undefined) return { kind: 'damaged', reason: `it is cut short at ${name}` };
    const wanted = METADATA_NAMES.find((one) => one === name);
    if (!isExtension && wanted !== undefined) files.set(wanted, data.toString('utf8', 0, sizeBytes));
  }
  if (!files.has('+CONTENTS')) return { kind: 'damaged', reason: 'it has no +CONTENTS' };
  return { kind: 'read', files };
}

/** The sum of all bytes of a header, its own field taken as blanks: what tells a tar from anything else. */
function hasValidChecksum(header: Buffer): boolean {
  const stored = Number.parseInt(readText(header, 148, 8).trim(), 8);
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return sum === stored;
}

function readText(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end === -1 ? length : end);
}

/** Cuts a stream into pieces of the sizes asked for. */
class BlockReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Exactly `sizeBytes`, or undefined at the end of the stream; throws when it ends in the middle. */
  async read(sizeBytes: number): Promise<Buffer | undefined> {
    const pieces = [this.#held];
    let heldBytes = this.#held.length;
    while (heldBytes < sizeBytes) {
      const next = await this.#chunks.next();
      if (next.done === true) {
        if (heldBytes > 0) throw new Error('it is cut short');
        return undefined;
      }
      pieces.push(next.value);
      heldBytes += next.value.length;
    }
    const whole = pieces.length === 1 ? this.#held : Buffer.concat(pieces);
    this.#held = whole.subarray(sizeBytes);
    return whole.subarray(0, sizeBytes);
  }
}
