import { parseSha256, type Sha256 } from './sha256.ts';

/**
 * One answer with many small blobs: for each that was asked for, in that order, a head of 37 bytes and then its bytes. Byte 0 of the
 * head says what follows, then come the hash and, big-endian, the number of bytes.
 */
export type Frame =
  | { readonly kind: 'blob'; readonly sha256: Sha256; readonly bytes: Uint8Array }
  /** That host does not have it. */
  | { readonly kind: 'gone'; readonly sha256: Sha256 }
  /** It has it, and it is to be asked for alone, or later: it is too large, or the answer would be. */
  | { readonly kind: 'alone'; readonly sha256: Sha256 };

export const bundleType = 'application/vnd.bulkmesh.blobs';

const kinds = ['gone', 'blob', 'alone'] as const;
const headBytes = 37;

export const formatFrame = (frame: Frame): Buffer => {
  const bytes = frame.kind === 'blob' ? frame.bytes : new Uint8Array();
  const out = Buffer.allocUnsafe(headBytes + bytes.length);
  out.writeUInt8(kinds.indexOf(frame.kind), 0);
  out.write(frame.sha256, 1, 'hex');
  out.writeUInt32BE(bytes.length, 33);
  out.set(bytes, headBytes);
  return out;
};

/** Takes an answer apart as it comes. Ends where the bytes end; throws a RangeError for what is no such answer. */
export async function* readFrames(
  chunks: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (;;) {
      const sizeBytes = measureFrame(rest, bytesMax);
      if (sizeBytes === undefined || rest.length < sizeBytes) break;
      yield parseFrame(rest.subarray(0, sizeBytes));
      rest = rest.subarray(sizeBytes);
    }
  }
  if (rest.length > 0) throw new RangeError('the answer ends in the middle of a blob');
}

const measureFrame = (bytes: Buffer, bytesMax: number): number | undefined => {
  if (bytes.length < headBytes) return undefined;
  const sizeBytes = bytes.readUInt32BE(33);
  if (sizeBytes > bytesMax) throw new RangeError(`a small blob of ${sizeBytes} bytes`);
  return headBytes + sizeBytes;
};

const parseFrame = (bytes: Buffer): Frame => {
  const kind = kinds[bytes.readUInt8(0)];
  const sha256 = parseSha256(bytes.toString('hex', 1, 33));
  if (kind === undefined || sha256 === undefined) throw new RangeError('no kind of frame');
  return kind === 'blob' ? { kind, sha256, bytes: bytes.subarray(headBytes) } : { kind, sha256 };
};
