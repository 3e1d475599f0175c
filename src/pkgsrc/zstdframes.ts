/** Layout of RFC 8878, "Zstandard Compression and the 'application/zstd' Media Type", section 3.1. */
const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const RLE_BLOCK = 1;

/**
 * Cuts compressed bytes so that no chunk holds parts of two frames. Node's decompressor takes the end of a frame for the
 * end of all where more follows in the same chunk, and would silently drop the rest of a file of several frames.
 */
export async function* cutZstdFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new FrameReader();
  for await (const chunk of chunks) {
    let start = 0;
    for (let at = 0; at < chunk.length; ) {
      at += reader.read(chunk.subarray(at));
      if (!reader.isAtEnd) continue;
      yield chunk.subarray(start, at);
      start = at;
    }
    if (start < chunk.length) yield chunk.subarray(start);
  }
}

/** What a header says: bytes to pass over, and what comes after them. */
interface Step {
  readonly passBytes: number;
  readonly next: 'magic' | 'skippable' | 'descriptor' | 'block' | 'unknown';
}

/** Follows the structure of frames without unpacking them. What is no frame is left to the decompressor to refuse. */
class FrameReader {
  #at: Step['next'] = 'magic';
  #head: number[] = [];
  #passBytes = 0;
  #hasChecksum = false;

  /** Between two frames, or at the very beginning. */
  get isAtEnd(): boolean {
    return this.#at === 'magic' && this.#passBytes === 0 && this.#head.length === 0;
  }

  /** Reads up to the end of a header or of what follows it, and gives how many bytes that were. */
  read(bytes: Uint8Array): number {
    if (this.#at === 'unknown') return bytes.length;
    if (this.#passBytes > 0) {
      const passed = Math.min(this.#passBytes, bytes.length);
      this.#passBytes -= passed;
      return passed;
    }
    const wanted = headerBytes[this.#at] - this.#head.length;
    const read = bytes.subarray(0, wanted);
    this.#head.push(...read);
    if (read.length === wanted) {
      const step = this.#judge(this.#at, this.#head);
      this.#head = [];
      this.#at = step.next;
      this.#passBytes = step.passBytes;
    }
    return read.length;
  }

  #judge(at: Exclude<Step['next'], 'unknown'>, head: readonly number[]): Step {
    const value = head.reduce((sum, byte, place) => sum + byte * 256 ** place, 0);
    switch (at) {
      case 'magic':
        if (value === FRAME_MAGIC) return { passBytes: 0, next: 'descriptor' };
        return { passBytes: 0, next: value - (value % 16) === SKIPPABLE_MAGIC ? 'skippable' : 'unknown' };
      case 'skippable':
        return { passBytes: value, next: 'magic' };
      case 'descriptor':
        return this.#judgeDescriptor(value);
      case 'block': {
        const isLast = (value & 1) === 1;
        const sizeBytes = ((value >> 1) & 3) === RLE_BLOCK ? 1 : value >> 3;
        if (!isLast) return { passBytes: sizeBytes, next: 'block' };
        return { passBytes: sizeBytes + (this.#hasChecksum ? CHECKSUM_BYTES : 0), next: 'magic' };
      }
    }
  }

  #judgeDescriptor(value: number): Step {
    const isSingle = ((value >> 5) & 1) === 1;
    this.#hasChecksum = ((value >> 2) & 1) === 1;
    const sizeFlag = value >> 6;
    const contentSizeBytes = sizeFlag === 0 && isSingle ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0);
    const windowBytes = isSingle ? 0 : 1;
    const passBytes = windowBytes + (DICTIONARY_ID_BYTES[value & 3] ?? 0) + contentSizeBytes;
    return { passBytes, next: 'block' };
  }
}

const headerBytes = {
  magic: MAGIC_BYTES,
  skippable: 4,
  descriptor: 1,
  block: BLOCK_HEADER_BYTES,
} as const;
