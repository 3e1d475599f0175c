import type { IncomingMessage } from 'node:http';
import { setImmediate as breathe } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import type { ArtefactLimits } from '../limits.ts';
import { Pace } from '../pace.ts';
import type { Sha256 } from '../sha256.ts';
import type { Intake } from '../store/intake.ts';
import { askPeer, type Peer, pauseOf } from './peer.ts';

/** How one connection for one blob went. `restart`: what was there before is of no use. */
export type Pass = { readonly kind: 'whole' } | { readonly kind: 'restart' } | Halt;

/** Why a connection for a blob did not bring all of it. */
export type Halt =
  | { readonly kind: 'gone' }
  /** What it offers cannot be what is wanted. */
  | { readonly kind: 'lie'; readonly detail: string }
  | { readonly kind: 'busy'; readonly pauseMs: number }
  | { readonly kind: 'broken'; readonly detail: string }
  /** Nothing more can be written here. */
  | { readonly kind: 'stuck' };

export interface Transfer {
  readonly peer: Peer;
  readonly sha256: Sha256;
  /** Undefined: whatever the peer says, up to `maxBytes`. */
  readonly sizeBytes: number | undefined;
  readonly maxBytes: number;
  readonly intake: Intake;
  readonly limits: ArtefactLimits;
  readonly signal: AbortSignal;
  /** The size is known now: false when there is no room for so much. */
  readonly onSize: (sizeBytes: number) => Promise<boolean>;
  readonly onWritten: (sizeBytes: number) => void;
}

/** Asks for what is missing of a blob, and takes it in as it comes. Rejects only with the reason of the signal. */
export const transferOnce = async (transfer: Transfer): Promise<Pass> => {
  const stall = new AbortController();
  const pace = new Pace(transfer.limits, () =>
    stall.abort(new Error('it gives nothing, or next to nothing')),
  );
  try {
    const signal = AbortSignal.any([transfer.signal, stall.signal]);
    const response = await askPeer(transfer.peer, describeRequest(transfer, signal));
    const pass = await takeAnswer(transfer, response, pace);
    // An answer that was not read to its end would hold the connection.
    if (pass.kind !== 'whole') response.destroy();
    return pass;
  } catch (error) {
    transfer.signal.throwIfAborted();
    const reason: unknown = stall.signal.aborted ? stall.signal.reason : error;
    return { kind: 'broken', detail: messageOf(reason) };
  } finally {
    pace.end();
  }
};

const describeRequest = ({ sha256, intake }: Transfer, signal: AbortSignal) => ({
  method: 'GET' as const,
  path: `/blob/${sha256}`,
  headers: intake.sizeBytes === 0 ? {} : { Range: `bytes=${intake.sizeBytes}-`, 'If-Range': `"${sha256}"` },
  signal,
});

const takeAnswer = async (transfer: Transfer, response: IncomingMessage, pace: Pace): Promise<Pass> => {
  const { intake, sizeBytes, maxBytes, limits } = transfer;
  switch (response.statusCode) {
    case 200:
      if (intake.sizeBytes > 0) await intake.restart();
      break;
    case 206:
      break;
    case 404:
    case 410:
      return { kind: 'gone' };
    case 416:
      return { kind: 'restart' };
    case 429:
    case 503:
      return { kind: 'busy', pauseMs: pauseOf(response, limits) };
    default:
      return { kind: 'broken', detail: `it answers ${response.statusCode}` };
  }
  const offered = measureOffer(response, intake.sizeBytes);
  if (offered === undefined) return { kind: 'lie', detail: 'it does not say which bytes it gives' };
  if (offered > maxBytes || (sizeBytes !== undefined && offered !== sizeBytes)) {
    return { kind: 'lie', detail: `it offers ${offered} bytes where ${sizeBytes ?? maxBytes} are due` };
  }
  if (!(await transfer.onSize(offered))) return { kind: 'stuck' };
  return takeBody(transfer, response, pace, offered);
};

/** The size of the whole blob by the head of an answer that begins at `offset`; undefined when it does not begin there. */
const measureOffer = ({ statusCode, headers }: IncomingMessage, offset: number): number | undefined => {
  const length = /^\d{1,15}$/.exec(headers['content-length'] ?? '')?.[0];
  if (length === undefined) return undefined;
  if (statusCode === 200) return Number(length);
  const [, start, end, size] =
    /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(headers['content-range'] ?? '') ?? [];
  const isRest =
    Number(start) === offset && Number(end) === Number(size) - 1 && Number(length) === Number(size) - offset;
  return isRest ? Number(size) : undefined;
};

const turnBytesMax = 2 ** 17;

const takeBody = async (
  { intake, onWritten }: Transfer,
  response: IncomingMessage,
  pace: Pace,
  sizeBytes: number,
): Promise<Pass> => {
  let turnBytes = 0;
  for await (const chunk of response) {
    pace.note(chunk.length);
    turnBytes += chunk.length;
    if (turnBytes >= turnBytesMax) {
      // A fast peer would have this thread for itself, two megabytes at a time.
      turnBytes = 0;
      await breathe();
    }
    // The disk here may be slower than the peer, who is not to blame for it.
    pace.pause();
    if (!(await intake.write(chunk))) return { kind: 'stuck' };
    pace.resume();
    onWritten(intake.sizeBytes);
  }
  return intake.sizeBytes === sizeBytes ? { kind: 'whole' } : { kind: 'broken', detail: 'it ended early' };
};
