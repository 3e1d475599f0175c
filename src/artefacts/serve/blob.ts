import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sha256 } from '../sha256.ts';
import type { OpenBlob } from '../store/store.ts';
import { parseRange } from './range.ts';
import { refuse, refuseBusy, type Serving } from './refusal.ts';
import { sendPaced } from './send.ts';

interface Asked {
  readonly sha256: Sha256;
  readonly isSuspect: boolean;
}

/** Answers for one blob. */
export const answerBlob = async (
  serving: Serving,
  asked: Asked,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const isHead = request.method === 'HEAD';
  if (!isHead && request.method !== 'GET') return refuse(response, 405, { Allow: 'GET, HEAD' });
  await serving.find(asked.sha256);
  // Known without a look at the disk, and so without a place among the uploads.
  if (!serving.store.has(asked.sha256)) return refuse(response, 404);
  const end = serving.uploads.begin(serving.caller);
  if (end === undefined) return refuseBusy(response, serving);
  try {
    if (!(await isCheckedInTime(serving, asked))) return refuseBusy(response, serving);
    const blob = await serving.store.openBlob(asked.sha256);
    if (blob === undefined) return refuse(response, 404);
    await using _closing = blob.handle;
    await sendBlob(serving, blob, request, response);
  } finally {
    end();
  }
};

/** The first reading of a large blob takes longer than anybody waits for an answer; it goes on for those who come again. */
const isCheckedInTime = async ({ store }: Serving, { sha256, isSuspect }: Asked): Promise<boolean> => {
  const check = (isSuspect ? store.recheck(sha256) : store.check(sha256)).then(() => true);
  check.catch(() => undefined);
  const timer = new AbortController();
  const late = delay(store.limits.checkWaitMs, false, { signal: timer.signal, ref: false });
  late.catch(() => undefined);
  try {
    return await Promise.race([check, late]);
  } finally {
    timer.abort();
  }
};

const sendBlob = async (
  { store, onSent }: Serving,
  { handle, sha256, sizeBytes }: OpenBlob,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const tag = `"${sha256}"`;
  if (headers['if-none-match'] === tag) return refuse304(response, tag);
  const ifRange = headers['if-range'];
  const isSame = ifRange === undefined || ifRange === tag;
  const range = parseRange(isSame ? headers.range : undefined, sizeBytes);
  if (range.kind === 'outside') {
    return refuse(response, 416, { 'Content-Range': `bytes */${sizeBytes}`, ETag: tag });
  }
  const { start, end } = range.kind === 'part' ? range : { start: 0, end: sizeBytes - 1 };
  response.writeHead(range.kind === 'part' ? 206 : 200, {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(end - start + 1),
    'Accept-Ranges': 'bytes',
    // The name says all there is to say of the content, for ever.
    'Cache-Control': 'immutable, max-age=31536000',
    ETag: tag,
    ...(range.kind === 'part' ? { 'Content-Range': `bytes ${start}-${end}/${sizeBytes}` } : {}),
  });
  if (method === 'HEAD' || sizeBytes === 0) response.end();
  else
    await sendPaced(
      handle.createReadStream({ start, end, highWaterMark: 2 ** 18, autoClose: false }),
      response,
      store.limits,
      onSent,
    );
};

const refuse304 = (response: ServerResponse, tag: string): void => {
  response.writeHead(304, { ETag: tag }).end();
};
