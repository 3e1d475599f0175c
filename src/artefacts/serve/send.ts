import type { ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Pace, type PaceLimits } from '../pace.ts';

/**
 * Sends what a source gives, no faster than it is taken. Whoever takes next to nothing is cut off, and one who goes away is no trouble;
 * rejects with what the source throws.
 */
export const sendPaced = async (
  source: AsyncIterable<Uint8Array>,
  response: ServerResponse,
  limits: PaceLimits,
  onSent: (sizeBytes: number) => void = () => undefined,
): Promise<void> => {
  if (response.destroyed) return;
  const pace = new Pace(limits, () => response.destroy());
  // A chunk is asked for when the ones before have been taken, all but a buffer's worth.
  const counter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      pace.note(chunk.length);
      onSent(chunk.length);
      done(null, chunk);
    },
  });
  try {
    await pipeline(source, counter, response);
  } catch (error) {
    if (!goneCodes.has(String(Object(error).code))) throw error;
  } finally {
    pace.end();
  }
};

const goneCodes: ReadonlySet<string> = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ECONNRESET',
  'EPIPE',
]);
