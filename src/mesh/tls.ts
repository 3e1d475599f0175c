import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket, type TlsOptions } from 'node:tls';
import type { KeyRing, MeshKey } from './key.ts';

/**
 * TLS 1.3 with the mesh key as an external pre-shared key, and one suite: such a key goes with SHA-256. Each connection
 * has a key exchange of its own, so that whoever gets the mesh key later cannot read what was recorded.
 */
const common = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const;

/**
 * Options for whoever listens. No certificate, so that there is no way in without the key; no tickets, since whoever has
 * one would get in without it, also after a rotation.
 */
export const describeServer = (
  keys: () => KeyRing,
  noteKey: (socket: TLSSocket, key: MeshKey) => void,
): TlsOptions => ({
  ...common,
  secureOptions: constants.SSL_OP_NO_TICKET,
  pskCallback: (socket, identity) => {
    const key = findKey(keys(), identity);
    if (key === undefined) return null;
    noteKey(socket, key);
    return key.tlsSecret;
  },
});

/** Begins TLS as the one that calls. No certificate will do in place of the key, whoever has signed it. */
export const connectTls = (socket: Socket, key: MeshKey): TLSSocket => {
  const options: ConnectionOptions = {
    ...common,
    socket,
    // Of all authorities none is trusted; without this, Node's whole list is.
    ca: [],
    checkServerIdentity: () => new Error('the other end showed a certificate, not the mesh key'),
    pskCallback: () => ({ psk: key.tlsSecret, identity: key.id }),
  };
  return connect(options);
};

/** Whether the other end of a socket has proved that it has the key: OpenSSL sees that as a session that goes on. */
export const isKeyProven = (socket: TLSSocket): boolean =>
  socket.getProtocol() === 'TLSv1.3' && socket.isSessionReused();

const findKey = ({ current, previous }: KeyRing, identity: string): MeshKey | undefined =>
  [current, previous].find((key) => key?.id === identity);
