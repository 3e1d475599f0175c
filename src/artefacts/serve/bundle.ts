import type { IncomingMessage, ServerResponse } from 'node:http';
import { bundleType, type Frame, formatFrame } from '../frames.ts';
import { Pace } from '../pace.ts';
import { parseSha256, type Sha256 } from '../sha256.ts';
import { refuse, refuseBusy, type Serving } from './refusal.ts';
import { sendPaced } from './send.ts';

/** Answers with many small blobs at once. */
export const answerBundle = async (
  serving: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  if (request.method !== 'POST') return refuse(response, 405, { Allow: 'POST' });
  const end = serving.uploads.begin(serving.caller);
  if (end === undefined) return refuseBusy(response, serving);
  try {
    const body = await readBody(serving, request);
    if (body === undefined) return refuse(response, 413);
    const list = parseList(body, serving.store.limits.bundleCountMax);
    if (list === undefined) return refuse(response, 400);
    response.writeHead(200, { 'Content-Type': bundleType });
    await sendPaced(packBundle(serving, list), response, serving.store.limits, serving.onSent);
  } finally {
    end();
  }
};

/** Undefined when it is too long, or too slow. */
const readBody = async ({ store }: Serving, request: IncomingMessage): Promise<Buffer | undefined> => {
  const { bundleRequestBytesMax, paceMs } = store.limits;
  const pace = new Pace({ paceMs, paceBytes: bundleRequestBytesMax }, () => request.destroy());
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      sizeBytes += chunk.length;
      if (sizeBytes > bundleRequestBytesMax) return undefined;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    pace.end();
  }
};

const parseList = (body: Buffer, countMax: number): readonly Sha256[] | undefined => {
  const list = parseJson(body.toString('utf8'));
  if (!Array.isArray(list) || list.length > countMax) return undefined;
  const hashes = list.flatMap((item) => (typeof item === 'string' ? (parseSha256(item) ?? []) : []));
  return hashes.length === list.length ? hashes : undefined;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Frames in pieces of some size, since each piece is a write. */
async function* packBundle(serving: Serving, list: readonly Sha256[]): AsyncGenerator<Buffer> {
  let frames: Buffer[] = [];
  let sizeBytes = 0;
  let leftBytes = serving.store.limits.bundleBytesMax;
  for (const sha256 of list) {
    const frame = formatFrame(await frameOf(serving, sha256, leftBytes));
    leftBytes -= frame.length;
    frames.push(frame);
    sizeBytes += frame.length;
    if (sizeBytes < pieceBytes) continue;
    yield Buffer.concat(frames);
    frames = [];
    sizeBytes = 0;
  }
  if (frames.length > 0) yield Buffer.concat(frames);
}

const pieceBytes = 2 ** 17;

const frameOf = async ({ store, find }: Serving, sha256: Sha256, leftBytes: number): Promise<Frame> => {
  await find(sha256);
  const sizeBytes = store.sizeOf(sha256);
  if (sizeBytes === undefined) return { kind: 'gone', sha256 };
  if (sizeBytes > Math.min(store.limits.smallBytesMax, leftBytes)) return { kind: 'alone', sha256 };
  const bytes = await store.readBlob(sha256, sizeBytes);
  return bytes === undefined ? { kind: 'gone', sha256 } : { kind: 'blob', sha256, bytes };
};
