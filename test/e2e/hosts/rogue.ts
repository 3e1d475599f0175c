import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { hostId } from '../../../src/core/ids.ts';
import { parseAddress } from '../../../src/mesh/address.ts';
import { encodeFrame } from '../../../src/mesh/codec.ts';
import type { Introduction } from '../../../src/mesh/introduction.ts';
import { type KeyRing, parseKeyRing, readKeyRing } from '../../../src/mesh/key.ts';
import { connectTls } from '../../../src/mesh/tls.ts';

// A program for a host of a test that means harm: `node rogue.ts ADDRESS KEYFILE KIND...` does one after the other to the agent at
// that address, and prints for each how that ended. It has the key, for what only members can do.

const [address = '', keyFile = '', ...kinds] = process.argv.slice(2);
const keys = readKeyRing(keyFile);
if (keys === undefined) throw new Error(`no ${keyFile}`);

const dial = async (): Promise<Socket> => {
  const socket = connect({ ...parseAddress(address), noDelay: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
};

const gone = (socket: Socket | TLSSocket): Promise<string> =>
  new Promise((resolve) => {
    if (socket.destroyed) resolve('hung up');
    else socket.once('close', () => resolve('hung up'));
  });

/** TLS with a key; `refused` where it is not taken. */
const enter = async ({ current }: KeyRing): Promise<TLSSocket | undefined> => {
  const stream = connectTls(await dial(), current);
  stream.on('error', () => undefined);
  return new Promise((resolve) => {
    stream.once('secureConnect', () => resolve(stream));
    stream.once('close', () => resolve(undefined));
  });
};

interface Session {
  readonly socket: WebSocket;
  readonly stream: TLSSocket;
  readonly closed: Promise<string>;
}

const upgrade = async (): Promise<Session> => {
  const stream = await enter(keys);
  if (stream === undefined) throw new Error('the key is not taken');
  const socket = new WebSocket('wss://x/mesh', { createConnection: () => stream, perMessageDeflate: false });
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', (code) => resolve(`closed ${code}`)));
  await Promise.race([once(socket, 'open'), closed]);
  return { socket, stream, closed };
};

const introduce = (name: string, newest: number): Introduction => ({
  hello: {
    life: { host: hostId(name), incarnation: 1, boot: 'abcdefgh' },
    mesh: keys.meshId,
    protocol: { oldest: newest, newest },
    platform: 'linux-x64',
    eligibility: 'allow',
    runs: 1,
    cores: 1,
  },
  addresses: [],
  port: 0,
  name,
  version: '0.1.0',
  wallMs: Date.now(),
  grounds: {},
});

/** Becomes a member under that name. */
const greet = async (name: string, protocol = 2): Promise<Session> => {
  const session = await upgrade();
  const heard = once(session.socket, 'message');
  session.socket.send(encodeFrame({ kind: 'hello', ...introduce(name, protocol) }));
  await Promise.race([heard, session.closed]);
  return session;
};

const attacks: Readonly<Record<string, () => Promise<string>>> = {
  stranger: async () => {
    const other = parseKeyRing(`${'5'.repeat(64)}\n`, 'a key of its own');
    return (await enter(other)) === undefined ? 'refused' : 'let in';
  },
  silent: async () => gone((await dial()).resume()),
  noise: async () => {
    const socket = (await dial()).resume();
    socket.write(Buffer.alloc(100_000, 0x5a));
    return gone(socket);
  },
  drip: async () => {
    const socket = (await dial()).resume();
    const timer = setInterval(() => socket.write(Uint8Array.of(0x16)), 200);
    const end = await gone(socket);
    clearInterval(timer);
    return end;
  },
  protocol: async () => (await greet('rogue-old', 0)).closed,
  garbage: async () => {
    const { socket, closed } = await greet('rogue-garbage');
    for (let count = 0; count < 3; count += 1) socket.send(Buffer.from([0xc1, 0xff, 0x00]));
    return closed;
  },
  huge: async () => {
    const { stream, closed } = await greet('rogue-huge');
    stream.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]));
    stream.write(Buffer.alloc(4 * 2 ** 20));
    return closed;
  },
  flood: async () => {
    const { socket, closed } = await greet('rogue-flood');
    const bytes = encodeFrame({ kind: 'probe', host: hostId('nobody') });
    // Ten thousand a second, for as long as it is let.
    const timer = setInterval(() => {
      for (let count = 0; count < 200; count += 1) socket.send(bytes, () => undefined);
    }, 20);
    const end = await closed;
    clearInterval(timer);
    return end;
  },
  slow: async () => {
    const { stream, closed } = await greet('rogue-slow');
    stream.write(Buffer.from([0x82, 0xfe, 0xff, 0xff, 1, 2, 3, 4]));
    const timer = setInterval(() => stream.write(Uint8Array.of(0)), 100);
    const end = await closed;
    clearInterval(timer);
    return end;
  },
};

for (const kind of kinds) {
  const attack = attacks[kind];
  process.stdout.write(`${kind}: ${attack === undefined ? 'unknown' : await attack()}\n`);
}
process.exit(0);
