import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseSha256, type Sha256 } from '../sha256.ts';
import type { BlobStore } from '../store/store.ts';
import { answerBlob } from './blob.ts';
import { answerBundle } from './bundle.ts';
import { refuse, type Serving } from './refusal.ts';
import { Uploads } from './uploads.ts';

export interface ServeOptions {
  readonly store: BlobStore;
  /** Whose request it is: the host, or its address where that is all that is known. */
  readonly nameCaller: (request: IncomingMessage) => string;
  /** Called for what is asked for and not in the store: what lies elsewhere on this host can be taken in. Must not reject. */
  readonly offer?: (sha256: Sha256) => Promise<void>;
  /** Called with the size of each piece that is given, bytes. */
  readonly onSent?: (sizeBytes: number) => void;
  /** An answer that could not be given, for the log. The one who asked has been told, or cut off. */
  readonly onTrouble?: (error: unknown) => void;
}

/** True when the request was one for files, and has been taken over; others are left alone. */
export type BlobHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Gives the blobs of a store to other hosts:
 *
 * - `GET /blob/<sha256>`, with Range, ETag and If-None-Match; HEAD likewise. 404: it is not here, or is not what it was.
 * - `HEAD /blob/<sha256>?suspect`: somebody got other bytes than these should be; the blob is hashed again before the answer.
 * - `POST /blobs` with a JSON array of hashes: the small ones of them in one answer, see `frames.ts`.
 *
 * 503 with Retry-After: as much as may be is under way, in all or to that host, or a large blob is yet being hashed.
 */
export const createBlobHandler = ({
  store,
  nameCaller,
  offer,
  onSent,
  onTrouble,
}: ServeOptions): BlobHandler => {
  const uploads = new Uploads(store.limits);
  return (request, response) => {
    const answer = chooseAnswer(request.url ?? '');
    if (answer === undefined) return false;
    // A connection that breaks is told by the pipeline; nobody else listens.
    response.on('error', () => undefined);
    const find = async (sha256: Sha256): Promise<void> => {
      if (!store.has(sha256)) await offer?.(sha256);
    };
    const serving = { store, uploads, find, onSent, caller: nameCaller(request) };
    answer(serving, request, response).catch((error: unknown) => {
      onTrouble?.(error);
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    });
    return true;
  };
};

type Answerer = (serving: Serving, request: IncomingMessage, response: ServerResponse) => Promise<void>;

const chooseAnswer = (url: string): Answerer | undefined => {
  if (url === '/blobs') return answerBundle;
  if (!url.startsWith('/blob/')) return undefined;
  const [path = '', query] = url.slice('/blob/'.length).split('?', 2);
  const sha256 = parseSha256(path);
  if (sha256 === undefined || (query !== undefined && query !== 'suspect')) {
    return async (_serving, _request, response) => refuse(response, 400);
  }
  return (serving, request, response) =>
    answerBlob(serving, { sha256, isSuspect: query !== undefined }, request, response);
};
