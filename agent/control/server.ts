import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { StopMode } from '../../src/core/input.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import type { Desk } from '../view/desk.ts';
import type { LogWish } from '../view/logs.ts';
import { orderSchema } from '../view/order.ts';
import type { BuildAccepted, BuildEvent, BuildRequest, SandboxInfo, Status } from './protocol.ts';

/** What the control socket can ask of an agent. A method that refuses throws `BulkmeshError`. */
export interface ControlTarget {
  status(): Status;
  /** Calls back with a `snapshot` at once and with each event from then on; returns the way to stop it. */
  subscribe(listener: (event: BuildEvent) => void): () => void;
  build(request: BuildRequest): Promise<BuildAccepted>;
  stop(mode: StopMode): void;
  sandboxes(): readonly SandboxInfo[];
  destroySandbox(slot: string): void;
  shutdown(mode: StopMode): void;
  /** Answers for the whole mesh. */
  readonly desk: Pick<Desk, 'viewMesh' | 'order' | 'evict' | 'findPlaces' | 'openLog'>;
}

export interface ControlServer {
  close(): Promise<void>;
}

/**
 * Listens on a Unix socket that only its owner may use. The caller holds the state directory's lock, so a socket
 * file that is there already is a dead agent's. Throws `CONTROL_SOCKET` when the path cannot be used.
 */
export const serveControl = async (socketPath: string, target: ControlTarget): Promise<ControlServer> => {
  if (Buffer.byteLength(socketPath) > socketPathBytesMax) {
    throw new BulkmeshError('CONTROL_SOCKET', `the control socket's path is too long: ${socketPath}`, {
      hint: `choose a shorter paths.state: the path may have ${socketPathBytesMax} bytes`,
    });
  }
  const streams = new Set<ServerResponse>();
  const served: Served = { ...target, streams };
  const server = createServer((incoming, outgoing) => {
    void answer(served, incoming, outgoing);
  });
  await rm(socketPath, { force: true }).catch((cause: unknown) => {
    throw notListening(socketPath, cause);
  });
  await listen(server, socketPath);
  return { close: () => closeServer(server, streams) };
};

/** A control target with the event streams that are open. */
interface Served extends ControlTarget {
  readonly streams: Set<ServerResponse>;
}

/** How long readers of events may take to read the last of them when the agent ends, milliseconds. */
const lastWordsMs = 1_000;

/** sun_path holds 104 bytes on the BSDs and macOS, 108 on Linux, the final NUL included. */
const socketPathBytesMax = 103;
const bodyBytesMax = 4 * 1024 * 1024;

const stopBody = z.object({ mode: z.enum(['drain', 'now']) });
const slotBody = z.object({ slot: z.string().max(64) });
const words = z.array(z.string().max(256)).max(100_000);
const rebuildBody = z.object({ packages: words, failed: z.boolean(), only: z.boolean() });
const buildBody = z.object({
  pkgpaths: words,
  fresh: z.boolean(),
  everything: z.boolean().optional(),
  rebuild: rebuildBody.optional(),
});
const hostWord = z.string().max(256);
const orderBody = z.object({ host: hostWord.optional(), order: orderSchema });
const whereBody = z.object({ packages: z.array(z.string().max(256)).max(1_000) });
const logBody: z.ZodType<LogWish> = z.object({
  host: hostWord,
  planId: hostWord,
  pkg: hostWord,
  stage: hostWord,
  follows: z.boolean(),
});
const evictBody = z.object({ host: hostWord, force: z.boolean() });

const listen = (server: Server, socketPath: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(notListening(socketPath, cause)));
    // `listen` makes the file before it returns: with this mask it never has another mode than 0600.
    const umask = process.umask(0o177);
    server.listen(socketPath, resolve);
    process.umask(umask);
  });

const notListening = (socketPath: string, cause: unknown): BulkmeshError => {
  const why = messageOf(cause);
  return new BulkmeshError('CONTROL_SOCKET', `cannot listen on ${socketPath}: ${why}`, {
    hint: 'look at the rights of the directory, and at what lies there under that name',
    cause,
  });
};

/** Ends every stream after what was written to it: the end of a build is told even if the agent ends with it. */
const closeServer = (server: Server, streams: ReadonlySet<ServerResponse>): Promise<void> =>
  new Promise((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), lastWordsMs);
    server.close(() => {
      clearTimeout(cutOff);
      resolve();
    });
    for (const stream of streams) stream.end();
  });

const answer = async (target: Served, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
  try {
    const route = `${incoming.method} ${incoming.url}`;
    if (route === 'GET /events') return streamEvents(target, outgoing);
    if (route === 'POST /log') return await streamLog(target, incoming, outgoing);
    reply(outgoing, 200, await perform(target, route, incoming));
  } catch (error) {
    const known = error instanceof BulkmeshError;
    if (outgoing.headersSent) {
      outgoing.destroy();
      return;
    }
    const status = known ? (error.code.startsWith('REQUEST_') ? 400 : 409) : 500;
    const body = known
      ? { code: error.code, message: error.message, hint: error.hint }
      : { code: 'AGENT_ERROR', message: messageOf(error), hint: '' };
    reply(outgoing, status, body);
  }
};

const perform = async (target: ControlTarget, route: string, incoming: IncomingMessage): Promise<unknown> => {
  switch (route) {
    case 'GET /status':
      return target.status();
    case 'GET /sandboxes':
      return target.sandboxes();
    case 'POST /build':
      return target.build(await readJson(incoming, buildBody));
    case 'POST /stop':
      target.stop((await readJson(incoming, stopBody)).mode);
      return {};
    case 'POST /sandboxes/destroy':
      target.destroySandbox((await readJson(incoming, slotBody)).slot);
      return {};
    case 'POST /shutdown':
      target.shutdown((await readJson(incoming, stopBody)).mode);
      return {};
    case 'GET /hosts':
      return target.desk.viewMesh();
    case 'POST /order': {
      const { host, order } = await readJson(incoming, orderBody);
      return target.desk.order(host, order);
    }
    case 'POST /evict': {
      const { host, force } = await readJson(incoming, evictBody);
      return target.desk.evict(host, force);
    }
    case 'POST /where':
      return target.desk.findPlaces((await readJson(incoming, whereBody)).packages);
    default:
      throw new BulkmeshError('REQUEST_UNKNOWN', `the agent does not know ${route}`);
  }
};

const streamEvents = (target: Served, outgoing: ServerResponse): void => {
  outgoing.writeHead(200, { 'content-type': 'application/x-ndjson', connection: 'close' });
  const unsubscribe = target.subscribe((event) => {
    // A reader that does not keep up is cut off: it can connect again and gets a fresh snapshot.
    if (outgoing.writableLength > bodyBytesMax) outgoing.destroy();
    else if (!outgoing.writableEnded) outgoing.write(`${JSON.stringify(event)}\n`);
  });
  target.streams.add(outgoing);
  outgoing.on('close', () => {
    target.streams.delete(outgoing);
    unsubscribe();
  });
};

/** Ends with whoever ends first: the log, or its reader. */
const streamLog = async (
  { desk }: ControlTarget,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> => {
  const wish = await readJson(incoming, logBody);
  const gone = new AbortController();
  outgoing.on('close', () => gone.abort());
  const log = await desk.openLog(wish, gone.signal);
  outgoing.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  await pipeline(log, outgoing).catch(() => outgoing.destroy());
};

const readJson = async <T>(incoming: IncomingMessage, schema: z.ZodType<T>): Promise<T> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Read to its end all the same: who is cut off while writing never reads the answer.
    if (bytes <= bodyBytesMax) chunks.push(chunk);
  }
  if (bytes > bodyBytesMax) throw new BulkmeshError('REQUEST_TOO_LARGE', 'the request is too large');
  const checked = schema.safeParse(parseJson(Buffer.concat(chunks).toString('utf8')));
  if (checked.success) return checked.data;
  throw new BulkmeshError(
    'REQUEST_INVALID',
    `the request is not understood: ${z.prettifyError(checked.error)}`,
  );
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new BulkmeshError('REQUEST_INVALID', 'the request is no JSON');
  }
};

const reply = (outgoing: ServerResponse, status: number, body: unknown): void => {
  outgoing.writeHead(status, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify(body));
};
