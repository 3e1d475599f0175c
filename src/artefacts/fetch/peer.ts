import type { ClientRequest, IncomingMessage } from 'node:http';
import type { PaceLimits } from '../pace.ts';

/** What is asked of a peer. */
export interface PeerRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Another host that serves blobs. */
export interface Peer {
  /** The same for the same host. */
  readonly name: string;
  /** Opens an HTTP request to it, as `request` of node:http or node:https does, and does not end it. */
  readonly open: (request: PeerRequest) => ClientRequest;
}

/** Sends a request and waits for the head of the answer. Rejects when there is none. */
export const askPeer = (peer: Peer, request: PeerRequest, body?: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const sent = peer.open(request);
    sent.once('response', (response) => {
      // The iterator of the body tells the same error.
      response.on('error', () => undefined);
      resolve(response);
    });
    sent.on('error', reject);
    // Answers 1xx and upgrades are not what was asked for.
    sent.once('upgrade', (_response, socket) => socket.destroy());
    sent.end(body);
  });

/** How long a busy peer wants to be left alone, within bounds. */
export const pauseOf = ({ headers }: IncomingMessage, { paceMs }: PaceLimits): number => {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(1_000 * seconds, paceMs) : 1_000;
};
