import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createNetServer, type Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import { BulkmeshError, messageOf } from '../errors.ts';
import { type Address, formatAddress, unwrapIp } from './address.ts';
import type { Clock } from './clock.ts';
import { Gate } from './gate.ts';
import type { KeyRing, MeshKey } from './key.ts';
import type { MeshLimits } from './limits.ts';
import { webSocketLimits } from './socketOptions.ts';
import { describeServer } from './tls.ts';
import type { MeshTrouble } from './trouble.ts';

/** Answers GET, HEAD and POST of whoever has the key, and bounds what it reads of a POST. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** A connection that has shown the key, and not said yet who it is. */
export interface Caller {
  readonly socket: WebSocket;
  readonly stream: Duplex;
  readonly ip: string;
  readonly key: MeshKey;
  /** It has said so. */
  welcome(): void;
}

export interface ListenOptions {
  /** IP addresses and ports; a port of 0 is any that is free. */
  readonly binds: readonly { readonly host: string; readonly port: number }[];
  readonly keys: () => KeyRing;
  readonly limits: MeshLimits;
  readonly clock: Clock;
  readonly onCaller: (caller: Caller) => void;
  readonly onRequest: RequestHandler | undefined;
  readonly onTrouble: (trouble: MeshTrouble) => void;
}

export interface Listener {
  /** Where it listens, with the ports that it got. */
  readonly bound: readonly Address[];
  /** Ends every connection that came in, and listens no more. */
  close(): Promise<void>;
}

/**
 * Listens for other agents: TLS with the mesh key, then HTTP, where `/mesh` becomes a WebSocket and anything else goes to
 * `onRequest`.
 * @throws {BulkmeshError} MESH_PORT_TAKEN, MESH_LISTEN_FAILED
 */
export const listen = async (options: ListenOptions): Promise<Listener> => {
  const gate = new Gate(options);
  const sockets = new Set<Socket>();
  const accept = createAcceptor(options, gate);
  const servers: NetServer[] = [];
  const close = async (): Promise<void> => {
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const socket of sockets) socket.destroy();
    await Promise.all(closed);
  };
  try {
    const bound: Address[] = [];
    for (const bind of options.binds) {
      const server = createNetServer({ noDelay: true, keepAlive: true }, (socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => sockets.delete(socket));
        gate.admit(socket);
        if (!socket.destroyed) accept(socket);
      });
      const address = await bindServer(server, bind);
      server.on('error', (error) => {
        const detail = messageOf(error);
        options.onTrouble({ kind: 'accept', address: formatAddress(address), host: undefined, detail });
      });
      bound.push(address);
      servers.push(server);
    }
    return { bound, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** What becomes of a socket that came in. */
const createAcceptor = (options: ListenOptions, gate: Gate): ((socket: Socket) => void) => {
  const proven = new WeakMap<TLSSocket, MeshKey>();
  const tls = createTlsServer({
    ...describeServer(options.keys, (socket, key) => proven.set(socket, key)),
    handshakeTimeout: options.limits.greetMs,
  });
  const http = createHttp(options, gate, (stream) =>
    stream instanceof TLSSocket ? proven.get(stream) : undefined,
  );
  tls.on('secureConnection', (socket) => {
    socket.on('error', () => undefined);
    // A connection for a request that was given up as it opened waits here for the next one.
    gate.find(socket)?.rest();
    http.emit('connection', socket);
  });
  tls.on('tlsClientError', (error, socket) => {
    const ip = gate.find(socket)?.ip ?? unwrapIp(socket.remoteAddress ?? '');
    const { code } = Object(error);
    // Whoever just goes away has done nothing.
    if (ip !== '' && code !== 'ECONNRESET') {
      options.onTrouble({ kind: 'key', address: ip, host: undefined, detail: String(code) });
    }
    socket.destroy();
  });
  return (socket) => tls.emit('connection', socket);
};

const createHttp = (
  { limits, clock, onCaller, onRequest }: ListenOptions,
  gate: Gate,
  findKey: (stream: Duplex) => MeshKey | undefined,
) => {
  const sockets = new WebSocketServer({ ...webSocketLimits(limits), noServer: true, clientTracking: false });
  const http = createHttpServer({ maxHeaderSize: limits.headerBytesMax, keepAliveTimeout: limits.greetMs });
  http.maxHeadersCount = 32;
  http.on('clientError', (_error, stream) => stream.destroy());
  http.on('request', (request, response) => {
    gate.find(request.socket)?.welcome();
    // The timeouts of a server of node:http are those of one that listens itself, which this one does not.
    const late = clock.after(limits.bodyMs, () => {
      if (!request.complete) request.destroy();
    });
    request.once('close', late);
    const isKnown = ['GET', 'HEAD', 'POST'].includes(request.method ?? '');
    if (isKnown && onRequest !== undefined) onRequest(request, response);
    else response.writeHead(isKnown ? 404 : 405, { Connection: 'close' }).end();
  });
  http.on('upgrade', (request, stream, head) => {
    const [stranger, key] = [gate.find(request.socket), findKey(stream)];
    if (request.url !== '/mesh' || stranger === undefined || key === undefined) {
      stream.destroy();
      return;
    }
    stranger.begin();
    sockets.handleUpgrade(request, stream, head, (socket) => {
      onCaller({ socket, stream, key, ip: stranger.ip, welcome: stranger.welcome });
    });
  });
  return http;
};

const bindServer = async (
  server: NetServer,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Address> => {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => reject(explainBind(error, { host, port }));
    server.once('error', fail);
    // An IPv6 address is for IPv6 alone: IPv4 is bound by an address of its own.
    server.listen({ host, port, ipv6Only: true }, () => {
      server.off('error', fail);
      resolve();
    });
  });
  const address = server.address();
  return { host, port: typeof address === 'object' && address !== null ? address.port : port };
};

const explainBind = (error: unknown, address: Address): BulkmeshError => {
  const place = formatAddress(address);
  if (Object(error).code === 'EADDRINUSE') {
    return new BulkmeshError('MESH_PORT_TAKEN', `${place} is taken`, {
      hint: 'Another agent may run on this host: see `bulkmesh status`; or give this one another port: --listen IP:PORT, or mesh.listen.',
      cause: error,
    });
  }
  return new BulkmeshError('MESH_LISTEN_FAILED', `cannot listen at ${place}: ${messageOf(error)}`, {
    hint: 'Give an IP address of this host, 0.0.0.0 or :: for all of them, and a port above 1023.',
    cause: error,
  });
};
