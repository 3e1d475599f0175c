import type { ServerResponse } from 'node:http';
import type { BlobStore } from '../store/store.ts';
import type { Uploads } from './uploads.ts';

/** What the ways to answer have in common. */
export interface Serving {
  readonly store: BlobStore;
  readonly caller: string;
  readonly uploads: Uploads;
}

/** An answer without content. */
export const refuse = (
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void => {
  response.writeHead(status, { 'Content-Length': '0', ...headers }).end();
};

/** Come again. */
export const refuseBusy = (response: ServerResponse, { store }: Serving): void =>
  refuse(response, 503, { 'Retry-After': String(Math.ceil(store.limits.retryAfterMs / 1_000)) });
