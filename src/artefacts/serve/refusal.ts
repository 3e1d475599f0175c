import type { ServerResponse } from 'node:http';
import type { Sha256 } from '../sha256.ts';
import type { BlobStore } from '../store/store.ts';
import type { Uploads } from './uploads.ts';

/** What the ways to answer have in common. */
export interface Serving {
  readonly store: BlobStore;
  readonly caller: string;
  readonly uploads: Uploads;
  /** Has what this host could give taken into the store. */
  readonly find: (sha256: Sha256) => Promise<void>;
  /** Told of bytes that are on their way. */
  readonly onSent: ((sizeBytes: number) => void) | undefined;
}

/** An answer without content. What has not been read of the request is not read any more. */
export const refuse = (
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void => {
  const { req } = response;
  const isRead = req.method === 'GET' || req.method === 'HEAD' || req.complete;
  const end = isRead ? {} : { Connection: 'close' };
  response.writeHead(status, { 'Content-Length': '0', ...end, ...headers }).end();
};

/** Come again. */
export const refuseBusy = (response: ServerResponse, { store }: Serving): void =>
  refuse(response, 503, { 'Retry-After': String(Math.ceil(store.limits.retryAfterMs / 1_000)) });
