import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { parseBind } from '../../src/mesh/address.ts';
import { expositionType, type Family, renderFamilies } from './exposition.ts';

/** The port where figures can be had. */
export interface MetricsListener {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Answers `GET /metrics` at `IP:PORT`, with a token only to those that show it. Throws `METRICS_TOKEN` for a file that holds none, and
 * `METRICS_LISTEN` where the port cannot be had.
 */
export const listenMetrics = async (
  { listen, tokenFile }: { readonly listen: string; readonly tokenFile: string | undefined },
  collect: () => readonly Family[],
): Promise<MetricsListener> => {
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
  const server = createServer((request, response) => answer(token, collect, request, response));
  server.requestTimeout = requestMsMax;
  server.maxConnections = connectionsMax;
  const port = await open(server, listen);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const requestMsMax = 10_000;
/** More than a few do not read figures at a time. */
const connectionsMax = 32;

const open = (server: Server, listen: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const { host, port } = parseBind(listen);
    server.once('error', (cause) => {
      reject(
        new BulkmeshError(
          'METRICS_LISTEN',
          `metrics.listen: cannot listen at ${listen}: ${messageOf(cause)}`,
          {
            hint: 'Choose another port, or see who has this one.',
            cause,
          },
        ),
      );
    });
    server.listen({ host, port }, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });

const readToken = async (file: string): Promise<string> => {
  const refuse = (why: string, cause?: unknown): BulkmeshError =>
    new BulkmeshError('METRICS_TOKEN', `metrics.token: ${file}: ${why}`, {
      hint: 'Put one line of at least 16 letters and digits into it, readable for root only.',
      cause,
    });
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw refuse(messageOf(cause), cause);
  });
  const token = text.trim();
  if (/^[!-~]{16,1024}$/.test(token)) return token;
  throw refuse('it holds no token');
};

const answer = (
  token: string | undefined,
  collect: () => readonly Family[],
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  const { method, url, headers } = request;
  if (url?.split('?', 1)[0] !== '/metrics') say(response, 404, 'Figures are at /metrics.\n');
  else if (method !== 'GET' && method !== 'HEAD') say(response, 405, 'GET only.\n');
  else if (token !== undefined && !isSame(headers.authorization ?? '', `Bearer ${token}`)) {
    response.setHeader('WWW-Authenticate', 'Bearer');
    say(response, 401, 'The token of metrics.token is needed.\n');
  } else {
    const text = renderFamilies(collect());
    response.writeHead(200, { 'Content-Type': expositionType, 'Content-Length': Buffer.byteLength(text) });
    response.end(method === 'HEAD' ? undefined : text);
  }
};

/** In a time that says nothing of where they differ. */
const isSame = (shown: string, wanted: string): boolean => {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(shown), hash(wanted));
};

const say = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  response.end(text);
};
