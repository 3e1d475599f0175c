import { once } from 'node:events';
import { connect } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach } from 'vitest';
import { WebSocket } from 'ws';
import { parseAddress } from '../../../src/mesh/address.ts';
import { encodeFrame } from '../../../src/mesh/codec.ts';
import type { KeyRing } from '../../../src/mesh/key.ts';
import { connectTls } from '../../../src/mesh/tls.ts';
import { introduceAs } from './mesh.ts';

/** Somebody who has the key and does as the test likes. */
export interface Rogue {
  readonly socket: WebSocket;
  readonly stream: TLSSocket;
  /** Settles with the close code once the other end has ended it. */
  readonly closed: Promise<number>;
}

/** Hosts that mean harm, gone after each test. */
export const useRogues = () => {
  const open: TLSSocket[] = [];
  afterEach(() => {
    for (const stream of open.splice(0)) stream.destroy();
  });
  const enter = async (address: string, keys: KeyRing): Promise<TLSSocket> => {
    const tcp = connect({ ...parseAddress(address), noDelay: true });
    await once(tcp, 'connect');
    const stream = connectTls(tcp, keys.current);
    open.push(stream);
    stream.on('error', () => undefined);
    await once(stream, 'secureConnect');
    return stream;
  };
  const upgrade = async (address: string, keys: KeyRing): Promise<Rogue> => {
    const stream = await enter(address, keys);
    const socket = new WebSocket('wss://x/mesh', {
      createConnection: () => stream,
      perMessageDeflate: false,
    });
    socket.on('error', () => undefined);
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await once(socket, 'open');
    return { socket, stream, closed };
  };
  /** Introduces itself as a host of the mesh. */
  const greet = async (address: string, keys: KeyRing, name = 'rogue'): Promise<Rogue> => {
    const rogue = await upgrade(address, keys);
    const mine = { ...introduceAs(name, keys.meshId), port: 0, wallMs: 0 };
    const heard = once(rogue.socket, 'message');
    rogue.socket.send(encodeFrame({ kind: 'hello', ...mine }));
    await heard;
    return rogue;
  };
  return { enter, upgrade, greet };
};
