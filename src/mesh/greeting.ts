import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { decodeFrame, encodeFrame } from './codec.ts';
import type { Introduction } from './introduction.ts';
import type { MeshLimits } from './limits.ts';

interface GreetOptions {
  readonly mine: Introduction;
  readonly limits: Pick<MeshLimits, 'helloBytesMax'>;
  /** Called before the next message is looked at. */
  readonly onIntroduced: (theirs: Introduction) => void;
  /** Once, and not after the former; the socket is gone. `why`: undefined when the other end just went. */
  readonly onFailed: (why: string | undefined) => void;
}

/**
 * Tells the other end who this is, and waits for the same: it is the first message, short, and nothing is kept of more than
 * that. How long it may take is for the caller to say, by ending the socket.
 */
export const greet = (socket: WebSocket, stream: Duplex, options: GreetOptions): void => {
  const { mine, limits, onIntroduced, onFailed } = options;
  let receivedBytes = 0;
  const end = (): void => {
    socket.off('message', hear).off('close', fail);
    stream.off('data', count);
  };
  const fail = (): void => refuse(undefined);
  const refuse = (why: string | undefined): void => {
    end();
    socket.terminate();
    onFailed(why);
  };
  const hear = (data: RawData, isBinary: boolean): void => {
    const theirs = readHello(data, isBinary, limits);
    if (typeof theirs === 'string') {
      refuse(theirs);
      return;
    }
    end();
    onIntroduced(theirs);
  };
  const count = (chunk: Buffer): void => {
    receivedBytes += chunk.length;
    // What a frame has around its content is shorter.
    if (receivedBytes > limits.helloBytesMax + 64) refuse('its hello is too long');
  };
  // Errors are followed by a close.
  socket.on('error', () => undefined);
  socket.on('message', hear).on('close', fail);
  stream.on('data', count);
  socket.send(encodeFrame({ kind: 'hello', ...mine }));
};

/** What a hello says, or why it is none. */
const readHello = (
  data: RawData,
  isBinary: boolean,
  { helloBytesMax }: Pick<MeshLimits, 'helloBytesMax'>,
): Introduction | string => {
  if (!isBinary || !(data instanceof Buffer)) return 'its hello is no message';
  if (data.length > helloBytesMax) return 'its hello is too long';
  const decoded = decodeFrame(data);
  if (decoded.kind === 'bad') return `its hello is none: ${decoded.why}`;
  if (decoded.kind === 'unknown' || decoded.frame.kind !== 'hello') return 'it spoke without a hello';
  const { kind, ...theirs } = decoded.frame;
  return theirs;
};
