import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, createServer } from 'node:net';
import { join } from 'node:path';
import {
  type ConnectionOptions,
  connect as connectTls,
  createServer as createTls,
  getCACertificates,
  setDefaultCACertificates,
  type TLSSocket,
} from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/mesh/address.ts';
import type { KeyRing } from '../../src/mesh/key.ts';
import { demand, keyA, keyB, probe, until, useMesh } from './support/mesh.ts';
import { useLines } from './support/proxy.ts';

/** What the product's own client says, to be varied. */
const good = ({ current }: KeyRing): ConnectionOptions => ({
  ...{ minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256', checkServerIdentity: () => undefined },
  pskCallback: () => ({ psk: current.tlsSecret, identity: current.id }),
});

/** What comes of a handshake: the socket, or what went wrong. */
const shake = async (address: string, options: ConnectionOptions): Promise<TLSSocket | string> => {
  const socket = connectTls({ ...parseAddress(address), ...options });
  // A refusal may come after this end takes the handshake for done.
  const told = new Promise<string>((resolve) => {
    socket.once('error', (error) => resolve(String(Object(error).code)));
    socket.once('close', () => resolve('closed'));
  });
  const secured = once(socket, 'secureConnect').then(() => socket);
  return await Promise.race([told, secured.catch(() => told)]);
};

describe('whoever has not the key of the mesh', () => {
  const { open, ring } = useMesh();
  const line = useLines();
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });

  it('is told apart by this test: with the key a handshake is good', async () => {
    const a = await open('A', []);
    const socket = await shake(a.address, good(ring(keyA)));
    expect(socket).toHaveProperty('encrypted', true);
    if (typeof socket !== 'string') socket.destroy();
  });

  it.each<[string, (keys: KeyRing) => ConnectionOptions]>([
    [
      'with another key of the same name',
      (keys) => ({ pskCallback: () => ({ psk: Buffer.alloc(32, 7), identity: keys.current.id }) }),
    ],
    [
      'with the key under another name',
      (keys) => ({ pskCallback: () => ({ psk: keys.current.tlsSecret, identity: 'x' }) }),
    ],
    ['without any key', () => ({ pskCallback: undefined })],
    ['with a certificate', () => ({ pskCallback: undefined, ...stranger })],
    [
      'with the key and TLS 1.2',
      () => ({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'ECDHE-PSK-CHACHA20-POLY1305' }),
    ],
    [
      'with the key and TLS 1.2 without forward secrecy',
      () => ({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'PSK-AES128-GCM-SHA256' }),
    ],
    ['with the key and another suite', () => ({ ciphers: 'TLS_CHACHA20_POLY1305_SHA256' })],
  ])('does not come in %s, and is named', async (_how, change) => {
    const a = await open('A', []);
    const keys = ring(keyA);
    expect(await shake(a.address, { ...good(keys), rejectUnauthorized: false, ...change(keys) })).toBeTypeOf(
      'string',
    );
    await until(() => a.troubles.length > 0, 'named');
    expect(a.troubles).toMatchObject([{ kind: 'key', address: '127.0.0.1', host: undefined }]);
    expect(a.events).toEqual([]);
  });

  it('does not come in with a ticket of somebody who had it', async () => {
    const a = await open('A', []);
    const keys = ring(keyA);
    const socket = await shake(a.address, good(keys));
    if (typeof socket === 'string') throw new Error(socket);
    const tickets: Buffer[] = [];
    socket.on('session', (ticket) => tickets.push(ticket)).resume();
    socket.write('GET /x HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'close');
    expect(tickets.length).toBeGreaterThan(0);
    for (const session of tickets) {
      const { pskCallback: _, ...rest } = good(keys);
      expect(await shake(a.address, { ...rest, session })).toBeTypeOf('string');
    }
  });

  it('gets no answer in plain HTTP or WebSocket', async () => {
    const a = await open('A', []);
    const socket = connectTcp(parseAddress(a.address));
    socket.write('GET /mesh HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    const [answer] = await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    expect(String(answer)).not.toContain('HTTP/1.1');
    await until(() => a.troubles.length > 0, 'named');
    expect(a.events).toEqual([]);
  });

  it('gains nothing by saying again, byte by byte, what a member has said', async () => {
    const a = await open('A', []);
    const through = await line(a.address);
    const b = await open('B', [through.address], { binds: [] });
    await until(() => a.peers().length === 1, 'connected');
    b.transport.send(b.sessionWith('A'), probe('secret-host'));
    await until(() => a.heard().length === 1, 'heard');
    await b.transport.stop();
    await until(() => a.peers().length === 0, 'gone');
    const before = a.events.length;
    const recorded = [...through.toServer];
    const socket = connectTcp({ ...parseAddress(a.address), noDelay: true });
    socket.on('error', () => undefined).resume();
    for (const chunk of recorded) socket.write(chunk);
    await once(socket, 'close');
    expect(a.events.slice(before)).toEqual([]);
    expect(a.peers()).toEqual([]);
  });

  it('reads nothing of what goes by', async () => {
    const a = await open('A', []);
    const through = await line(a.address);
    const b = await open('B', [through.address], { binds: [] });
    await until(() => a.peers().length === 1, 'connected');
    b.transport.send(b.sessionWith('A'), probe('secret-host'));
    await until(() => a.heard().length === 1, 'heard');
    const seen = Buffer.concat([...through.toServer, ...through.toClient]).toString('latin1');
    expect(seen).not.toContain('secret-host');
    expect(seen).not.toContain('B.example');
    // The name of the key is all that is in the clear.
    expect(seen).toContain(ring(keyA).current.id);
  });

  it('cannot stand between two members, with a key of its own', async () => {
    const between = createTls({
      ...{ minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' },
      pskCallback: () => Buffer.alloc(32, 7),
    });
    between.on('tlsClientError', () => undefined);
    const port = await bind(between);
    const b = await open('B', [`127.0.0.1:${port}`]);
    await until(() => b.troubles.length > 0, 'noticed');
    expect(b.troubles).toMatchObject([{ kind: 'key', address: `127.0.0.1:${port}` }]);
    expect(b.events).toEqual([]);
  });

  it('cannot stand between two members, with a certificate that the whole world trusts', async () => {
    const trusted = getCACertificates('default');
    setDefaultCACertificates([stranger.cert]);
    closing.push(() => setDefaultCACertificates(trusted));
    const heard: Buffer[] = [];
    const between = createTls({ minVersion: 'TLSv1.3', ...stranger }, (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => heard.push(chunk));
    });
    between.on('tlsClientError', () => undefined);
    const port = await bind(between);
    // What this test is about would be taken by a client that just has a key beside it.
    const naive = await shake(`127.0.0.1:${port}`, good(ring(keyA)));
    expect(naive).toHaveProperty('authorized', true);
    if (typeof naive !== 'string') naive.destroy();
    const b = await open('B', [`127.0.0.1:${port}`]);
    await until(() => b.transport.listLinks().length === 0 && calls(between) > 2, 'called a few times');
    expect(Buffer.concat(heard)).toHaveLength(0);
    expect(b.events).toEqual([]);
  });

  it('is not taken for a member that answers with the words of the caller', async () => {
    // A group key proves that somebody of the group answers: it may be the caller itself.
    const mirror = createServer((socket) => {
      const back = connectTcp(parseAddress(demand(own)));
      socket.pipe(back).pipe(socket);
      for (const end of [socket, back]) end.on('error', () => undefined);
    });
    let own: string | undefined;
    const a = await open('A', []);
    own = a.address;
    const port = await bind(mirror);
    a.transport.join(`127.0.0.1:${port}`);
    const b = await open('B', [a.address]);
    await until(() => a.peers().length === 1 && b.peers().length === 1, 'another host is found all the same');
    expect(a.peers()).toEqual(['B']);
    expect(a.events.filter(({ kind }) => kind === 'sessionUp')).toHaveLength(1);
  });

  const counts = new WeakMap<object, number>();
  const calls = (server: object): number => counts.get(server) ?? 0;

  const bind = async (server: ReturnType<typeof createServer>): Promise<number> => {
    server.on('connection', () => counts.set(server, calls(server) + 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    return demand(Object(server.address()).port);
  };
});

describe('a key that is changed', () => {
  const { open, ring } = useMesh();

  it('lets hosts with the new one and hosts with the old one work together, whoever calls', async () => {
    const changed = ring(keyB, keyA);
    const a = await open('A', [], { keys: changed });
    const b = await open('B', [a.address], { keys: ring(keyA), binds: [] });
    await until(() => b.peers().length === 1, 'the old one calls');
    const c = await open('C', [], { keys: ring(keyA) });
    a.transport.join(c.address);
    await until(() => a.peers().length === 2, 'the new one calls');
    expect([a, b, c].flatMap(({ troubles }) => troubles).filter(({ host }) => host !== undefined)).toEqual(
      [],
    );
    expect(a.transport.listLinks().map(({ keyId }) => keyId)).toEqual(Array(2).fill(ring(keyA).current.id));
    expect(b.transport.listLinks()[0]?.hello.mesh).toBe(ring(keyA).meshId);
  });

  it('locks out those that have the old one alone, once that is retired, and nobody else', async () => {
    const a = await open('A', [], { keys: ring(keyB, keyA) });
    const b = await open('B', [a.address], { keys: ring(keyA), binds: [] });
    const c = await open('C', [a.address], { keys: ring(keyB, keyA), binds: [] });
    await until(() => a.peers().length === 2, 'both are in');
    a.transport.setKeys({ ...ring(keyB), meshId: ring(keyA).meshId });
    await until(() => a.peers().length === 1 && b.troubles.length > 0, 'one is out');
    expect(a.peers()).toEqual(['C']);
    expect(a.events).toContainEqual({ kind: 'sessionDown', session: expect.any(Number) });
    expect(b.troubles).toContainEqual(expect.objectContaining({ kind: 'key', address: a.address }));
    await until(
      () => b.transport.listCalls()[0]?.why === `${a.address}: it does not take the key of this mesh`,
      'the one that is out can tell why',
    );
    expect(c.peers()).toEqual(['A']);
  });
});

const pem = readFileSync(join(import.meta.dirname, 'fixtures/stranger.pem'), 'utf8');
const stranger = { key: pem, cert: pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')) };
