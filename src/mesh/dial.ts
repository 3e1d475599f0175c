import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import type { Address } from './address.ts';
import type { Clock } from './clock.ts';
import type { MeshKey } from './key.ts';
import type { MeshLimits } from './limits.ts';
import { webSocketLimits } from './socketOptions.ts';
import { connectTls, isKeyProven } from './tls.ts';

/**
 * Why a call did not come through. `refused`: that host answers, and nobody listens there. `noWay`: this host has no way to
 * such an address at all. `key`: whoever answers does not take this key. `failed`: anything else, silence included.
 */
export type CallFailure = 'refused' | 'noWay' | 'key' | 'failed';

export interface DialOptions {
  readonly key: MeshKey;
  readonly limits: MeshLimits;
  readonly clock: Clock;
  /** Called before a message is looked at. `settle` says that the other end has been heard: until then time runs. */
  readonly onOpen: (open: {
    readonly socket: WebSocket;
    readonly stream: TLSSocket;
    readonly settle: () => void;
  }) => void;
  /** Once, and not after `onOpen`. */
  readonly onFailed: (failure: CallFailure, why: string) => void;
}

/** Calls an agent. What comes back gives up, without a word. */
export const dial = (address: Address, options: DialOptions): (() => void) => {
  const { limits, clock, onFailed } = options;
  let stream: Socket | undefined;
  let isOver = false;
  const finish = (): boolean => {
    const wasOver = isOver;
    isOver = true;
    return !wasOver;
  };
  const fail = (failure: CallFailure, why: string): void => {
    forget();
    stream?.destroy();
    if (finish()) onFailed(failure, why);
  };
  let forget = clock.after(limits.connectMs, () => fail('failed', 'no answer'));
  const tcp = connect({ host: address.host, port: address.port, noDelay: true, keepAlive: true });
  stream = tcp;
  tcp.on('error', (error) => fail(judgeError(error), codeOf(error)));
  tcp.once('connect', () => {
    forget();
    forget = clock.after(limits.greetMs, () => fail('failed', 'it took too long'));
    const tls = connectTls(tcp, options.key);
    tls.on('error', (error) => fail(judgeError(error), codeOf(error)));
    tls.once('close', () => fail('failed', 'it hung up'));
    tls.once('secureConnect', () => {
      if (!isKeyProven(tls)) return fail('key', 'it has not shown the key');
      upgrade(tls, limits, {
        onOpen: (socket) => {
          if (finish()) options.onOpen({ socket, stream: tls, settle: () => forget() });
        },
        onFailed: (why) => fail('failed', why),
      });
    });
  });
  return () => {
    finish();
    fail('failed', 'given up');
  };
};

const upgrade = (
  stream: TLSSocket,
  limits: MeshLimits,
  on: { readonly onOpen: (socket: WebSocket) => void; readonly onFailed: (why: string) => void },
): void => {
  const socket = new WebSocket('wss://bulkmesh/mesh', {
    ...webSocketLimits(limits),
    createConnection: () => stream,
  });
  socket.once('error', (error) => on.onFailed(codeOf(error)));
  socket.once('open', () => on.onOpen(socket));
};

/** What failed, in a word or two. */
const codeOf = (error: unknown): string => {
  const { code, message } = Object(error);
  return typeof code === 'string' ? code : String(message);
};

const judgeError = (error: unknown): CallFailure => {
  const { code } = Object(error);
  if (code === 'ECONNREFUSED') return 'refused';
  if (['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(code)) return 'noWay';
  // Whoever does not know a key, or knows another one of that name, ends the handshake with an alert.
  return typeof code === 'string' && code.startsWith('ERR_SSL_') ? 'key' : 'failed';
};
