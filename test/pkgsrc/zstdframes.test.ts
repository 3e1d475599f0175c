import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cutZstdFrames } from '../../src/pkgsrc/zstdframes.ts';

/** A skippable frame, as pzstd writes them. */
const skippable = (content: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a52, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
};

async function cutInto(chunks: readonly Buffer[]): Promise<Buffer[]> {
  const cut: Buffer[] = [];
  const source = async function* () {
    yield* chunks;
  };
  for await (const chunk of cutZstdFrames(source())) cut.push(Buffer.from(chunk));
  return cut;
}

it('frames of any number and size are told apart, wherever their bytes are cut', async () => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(...[0, 255, 256, 65_792, 400_000].map((size) => new Uint8Array(size).fill(7))),
  );
  const frame = fc.tuple(content, fc.boolean()).map(([bytes, isSkippable]) => ({
    bytes: isSkippable ? skippable(Buffer.from(bytes)) : zstdCompressSync(bytes),
    plain: isSkippable ? Buffer.alloc(0) : Buffer.from(bytes),
    isSkippable,
  }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { maxLength: 4 }),
      fc.array(fc.nat(700), { maxLength: 6 }),
      async (frames, cuts) => {
        const whole = Buffer.concat(frames.map(({ bytes }) => bytes));
        const ends = new Set(
          frames.map((_, at) => frames.slice(0, at + 1).reduce((sum, f) => sum + f.bytes.length, 0)),
        );
        const places = [
          0,
          ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b),
          whole.length,
        ];
        const pieces = await cutInto(places.slice(1).map((end, at) => whole.subarray(places[at], end)));
        expect(Buffer.concat(pieces)).toEqual(whole);
        let at = 0;
        const cutAt = new Set(pieces.map((piece) => (at += piece.length)));
        for (const end of ends) expect(cutAt).toContain(end);
      },
    ),
    { numRuns: 60 },
  );
});
