import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../src/errors.ts';

/** Answers with JSON. */
export const sendJson = (response: ServerResponse, value: unknown): void => {
  const text = JSON.stringify(value);
  response
    .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
    .end(text);
};

/** Says no, and why, in the form that the asking agent shows; without a word where the status says it all. */
export const refuse = (response: ServerResponse, status: number, message?: string): void => {
  const text = message === undefined ? '' : JSON.stringify({ message });
  response
    .writeHead(status, {
      ...(message === undefined ? {} : { 'Content-Type': 'application/json' }),
      'Content-Length': Buffer.byteLength(text),
      Connection: 'close',
    })
    .end(text);
};

/** A route out of work that takes time. What goes wrong is told to the one who asks, or breaks the answer off. */
export const routeOf =
  (
    answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
    onTrouble: (url: string, error: unknown) => void,
  ) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    // A connection that breaks is seen by whoever writes to it.
    response.on('error', () => undefined);
    answer(request, response).catch((error: unknown) => {
      onTrouble(request.url ?? '', error);
      if (response.headersSent) response.destroy();
      else refuse(response, 500, messageOf(error));
    });
  };

/** The parts of a path after its beginning, decoded; undefined when one cannot be. A query is left out. */
export const readParts = (url: string, prefix: string): readonly string[] | undefined => {
  const [path = ''] = url.slice(prefix.length).split('?', 1);
  try {
    return path.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
};

/** What came with a request; undefined when it is longer than so many bytes. */
export const readBody = async (request: IncomingMessage, bytesMax: number): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    sizeBytes += chunk.length;
    if (sizeBytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** The JSON that came with a request; undefined when it is none, or longer than so many bytes. */
export const readJson = async (request: IncomingMessage, bytesMax: number): Promise<unknown> =>
  parseJson((await readBody(request, bytesMax)) ?? '');

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
