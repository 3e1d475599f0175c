import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Packr } from 'msgpackr';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/mesh/address.ts';
import { encodeFrame } from '../../src/mesh/codec.ts';
import { demand, introduceAs, keyA, probe, until, useMesh } from './support/mesh.ts';
import { useLines } from './support/proxy.ts';
import { ask } from './support/request.ts';
import { useRogues } from './support/rogue.ts';
import { sampleMessages } from './support/samples.ts';

describe('somebody without the key', () => {
  const { open } = useMesh();
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  /** Calls, and says when the other end has hung up. */
  const call = (address: string): Promise<unknown> => {
    const socket = connect(parseAddress(address));
    sockets.push(socket);
    socket.on('error', () => undefined).resume();
    return new Promise((resolve) => socket.once('close', resolve));
  };

  it('who says nothing is sent away', async () => {
    const a = await open('A', [], { limits: { greetMs: 50 } });
    await call(a.address);
    expect(a.troubles).toMatchObject([{ kind: 'greeting', address: '127.0.0.1' }]);
  });

  it('who sends one byte after the other is sent away all the same', async () => {
    const a = await open('A', [], { limits: { greetMs: 100 } });
    const gone = call(a.address);
    const bytes = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03];
    const drip = setInterval(() => sockets[0]?.write(Uint8Array.of(bytes.shift() ?? 0)), 10);
    await gone;
    clearInterval(drip);
    expect(a.troubles).toMatchObject([{ kind: 'greeting' }]);
  });

  it('keeps nobody else out by holding many sockets: the oldest stranger goes', async () => {
    const a = await open('A', [], { limits: { strangersMax: 8, greetMs: 60_000 } });
    const gone = Array.from({ length: 20 }, () => call(a.address));
    await Promise.race(gone);
    const b = await open('B', [a.address]);
    await until(() => b.peers().length === 1, 'a member gets in');
    expect(a.troubles).toContainEqual(expect.objectContaining({ kind: 'flood' }));
  });

  it('may call ten times in a second, and is told of once', async () => {
    const a = await open('A', [], { limits: { callsPerSecond: 10, greetMs: 60_000, strangersMax: 1_000 } });
    const gone = Array.from({ length: 60 }, () => call(a.address));
    let closed = 0;
    for (const each of gone) each.then(() => (closed += 1)).catch(() => undefined);
    await until(() => closed >= 30, 'those beyond are sent away');
    expect(a.troubles).toMatchObject([{ kind: 'flood', address: '127.0.0.1' }]);
  });
});

describe('a member', () => {
  const { open, ring } = useMesh();
  const { enter, upgrade, greet } = useRogues();
  const line = useLines();
  const keys = () => ring(keyA);

  it('that says no hello in time is sent away', async () => {
    const a = await open('A', [], { limits: { greetMs: 2_000 } });
    const rogue = await upgrade(a.address, keys());
    await rogue.closed;
    expect(a.troubles).toMatchObject([{ kind: 'greeting' }]);
    expect(a.events).toEqual([]);
  });

  it('that asks nothing is sent away without a word, as one is that has given up what it came for', async () => {
    const a = await open('A', [], { limits: { greetMs: 1_000 } });
    const stream = await enter(a.address, keys());
    await once(stream.resume(), 'close');
    expect(a.troubles).toEqual([]);
  });

  it.each<[string, Buffer | string]>([
    ['a message before its hello', encodeFrame(sampleMessages.leave)],
    ['a text', '{"kind":"hello"}'],
    ['garbage', Buffer.from([0xc1, 0xff, 0x00])],
    ['a hello of five kilobytes', Buffer.alloc(5_000, 0x90)],
  ])('that begins with %s is sent away', async (_what, data) => {
    const a = await open('A', []);
    const rogue = await upgrade(a.address, keys());
    rogue.socket.send(data);
    await rogue.closed;
    expect(a.troubles).toMatchObject([{ kind: 'greeting' }]);
    expect(a.events).toEqual([]);
  });

  it('that begins a long message in place of a hello is sent away before all of it is there', async () => {
    const a = await open('A', []);
    const rogue = await upgrade(a.address, keys());
    rogue.stream.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x0f, 0xff, 0xff, 0, 0, 0, 0]));
    rogue.stream.write(Buffer.alloc(6_000));
    await rogue.closed;
    expect(a.troubles).toMatchObject([{ kind: 'greeting', detail: expect.stringContaining('too long') }]);
  });

  it('with headers without end is sent away', async () => {
    const a = await open('A', []);
    const stream = await enter(a.address, keys());
    const chunk = `X-${'a'.repeat(500)}: ${'b'.repeat(500)}\r\n`;
    stream.write(`GET /mesh HTTP/1.1\r\nHost: x\r\n${chunk.repeat(20)}`);
    stream.resume();
    await once(stream, 'close');
    expect(a.events).toEqual([]);
  });

  it('that does not send what it asks is cut off; one that waits for an answer is not', async () => {
    const a = await open('A', [], {
      limits: { bodyMs: 100 },
      onRequest: (request, response) => {
        if (request.method === 'POST') request.resume().on('error', () => undefined);
        else setTimeout(() => response.end('late'), 300);
      },
    });
    const stream = await enter(a.address, keys());
    const closed = once(stream.resume(), 'close');
    stream.write('POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{');
    const [answer] = await Promise.all([ask(a.address, keys(), '/log/x'), closed]);
    expect(answer).toMatchObject({ status: 200, text: 'late' });
  });

  it('that sends garbage three times is dropped, named, and refused for a while', async () => {
    const a = await open('A', []);
    const rogue = await greet(a.address, keys());
    for (const _ of [1, 2]) rogue.socket.send(Buffer.from([0xc1]));
    rogue.socket.send(encodeFrame(probe('x')));
    await until(() => a.heard().length === 1, 'two are forgiven');
    rogue.socket.send(Buffer.from([0xc1]));
    expect(await rogue.closed).toBe(4009);
    expect(a.troubles).toMatchObject([{ kind: 'bad', host: 'rogue' }]);
    expect(a.events.at(-1)).toMatchObject({ kind: 'sessionDown' });
    const again = await greet(a.address, keys());
    expect(await again.closed).toBe(4008);
    const other = await greet(a.address, keys(), 'other');
    await until(() => a.peers().includes('other'), 'others may come');
    other.socket.terminate();
  });

  it('that sends what only later versions know is kept, and that is counted', async () => {
    const a = await open('A', []);
    const rogue = await greet(a.address, keys());
    const later = new Packr({ useRecords: false }).pack({ kind: 'teleport', to: 'x' });
    for (let count = 0; count < 10; count += 1) rogue.socket.send(later);
    rogue.socket.send(encodeFrame(probe('x')));
    await until(() => a.heard().length === 1, 'what follows is heard');
    expect(a.transport.listLinks()).toMatchObject([{ host: 'rogue', unknownCount: 10 }]);
    expect(a.troubles).toEqual([]);
  });

  it.each<[string, Buffer]>([
    ['of two mebibytes', Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 1, 2, 3, 4])],
    [
      'of more than there is',
      Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]),
    ],
    ['of a kind that does not exist', Buffer.from([0x8f, 0x80, 1, 2, 3, 4])],
    ['that is packed', Buffer.from([0xc2, 0x80, 1, 2, 3, 4])],
  ])('that announces a frame %s is dropped and named', async (_what, bytes) => {
    const a = await open('A', []);
    const rogue = await greet(a.address, keys());
    rogue.stream.write(bytes);
    await rogue.closed;
    await until(() => a.events.some(({ kind }) => kind === 'sessionDown'), 'dropped');
    expect(a.troubles).toMatchObject([{ kind: 'bad', host: 'rogue' }]);
  });

  it('that sends a message in a thousand pieces is dropped', async () => {
    const a = await open('A', []);
    const rogue = await greet(a.address, keys());
    for (let count = 0; count < 1_000; count += 1) rogue.socket.send(Buffer.alloc(1), { fin: false });
    await rogue.closed;
    expect(a.troubles).toMatchObject([{ kind: 'bad', host: 'rogue' }]);
  });

  it('that sends one message for ever, byte by byte, is dropped', async () => {
    const a = await open('A', [], { limits: { silentMs: 300 } });
    const rogue = await greet(a.address, keys());
    rogue.stream.write(Buffer.from([0x82, 0xfe, 0xff, 0xff, 1, 2, 3, 4]));
    const drip = setInterval(() => rogue.stream.write(Uint8Array.of(0)), 10);
    await rogue.closed;
    clearInterval(drip);
    expect(a.troubles).toMatchObject([{ kind: 'silent', host: 'rogue' }]);
  });

  it('may send a burst of ten thousand messages, and not one after the other of them', async () => {
    const a = await open('A', []);
    const rogue = await greet(a.address, keys());
    const bytes = encodeFrame(probe('x'));
    for (let count = 0; count < 9_900; count += 1) rogue.socket.send(bytes);
    await until(() => a.heard().length === 9_900, 'the burst is heard');
    for (let count = 0; count < 40_000; count += 1) rogue.socket.send(bytes);
    await rogue.closed;
    expect(a.troubles).toMatchObject([{ kind: 'fast', host: 'rogue' }]);
    expect(a.heard().length).toBeLessThan(49_900);
  });

  it('that pings without end is dropped as well, and gets no answer', async () => {
    const a = await open('A', [], { limits: { messagesBurst: 100, messagesPerSecond: 1 } });
    const rogue = await greet(a.address, keys());
    let pongs = 0;
    rogue.socket.on('pong', () => (pongs += 1));
    for (let count = 0; count < 200; count += 1) rogue.socket.ping();
    await rogue.closed;
    expect(a.troubles).toMatchObject([{ kind: 'fast', host: 'rogue' }]);
    expect(pongs).toBe(0);
  });

  it('that does not take what it is sent is dropped, and costs no more memory than is set', async () => {
    const limits = { queueBytesLong: 200_000, queueLongMs: 250, queueBytesMax: 64 * 2 ** 20 };
    const a = await open('A', [], { limits });
    const rogue = await greet(a.address, keys());
    rogue.stream.pause();
    const fill = () => {
      for (const { session } of a.transport.listLinks()) {
        a.transport.send(session, { ...sampleMessages.vector, plans: plansOf(2_000) });
      }
    };
    const filling = setInterval(fill, 5);
    await until(() => a.troubles.length > 0, 'dropped');
    clearInterval(filling);
    expect(a.troubles).toMatchObject([{ kind: 'slow', host: 'rogue' }]);
    expect(a.events.at(-1)).toMatchObject({ kind: 'sessionDown' });
    expect(a.peers()).toEqual([]);
  });

  it('for whom too much waits is dropped at once', async () => {
    const a = await open('A', [], { limits: { queueBytesMax: 5_000_000, queueLongMs: 600_000 } });
    const rogue = await greet(a.address, keys());
    rogue.stream.pause();
    await until(() => a.peers().length === 1, 'a session');
    for (let count = 0; count < 100; count += 1) {
      for (const { session } of a.transport.listLinks()) {
        a.transport.send(session, { ...sampleMessages.vector, plans: plansOf(2_000) });
      }
    }
    expect(a.troubles).toMatchObject([{ kind: 'slow', host: 'rogue' }]);
    expect(a.peers()).toEqual([]);
  });

  it('behind a line that swallows everything is given up by both, and found again by another way', async () => {
    const a = await open('A', [], { limits: { silentMs: 600 } });
    const through = await line(a.address);
    const b = await open('B', [through.address], { limits: { silentMs: 600 }, binds: [] });
    await until(() => a.peers().length + b.peers().length === 2, 'connected');
    through.swallow();
    await until(() => a.troubles.some(({ kind }) => kind === 'silent'), 'one end notices');
    expect(a.events.at(-1)).toMatchObject({ kind: 'sessionDown' });
    b.transport.join(a.address);
    await until(() => a.events.filter(({ kind }) => kind === 'sessionUp').length >= 2, 'found again');
  });

  it('that is called and never introduces itself is called again later, and holds up nobody', async () => {
    const dumb = await open('A', []);
    const through = await line(dumb.address);
    through.swallow();
    const limits = { greetMs: 100, connectMs: 100 };
    const b = await open('B', [through.address], { limits, binds: [] });
    await until(() => through.count() >= 2, 'called again');
    expect(b.events).toEqual([]);
  });

  it('that tells of hosts which are none is not listened to', async () => {
    const a = await open('A', []);
    const rogue = await greet(a.address, keys());
    const packr = new Packr({ useRecords: false });
    const bad = [
      { host: 'x', addresses: ['../../etc'] },
      { host: '/', addresses: [] },
    ];
    for (const peer of bad) rogue.socket.send(packr.pack({ kind: 'peers', peers: [peer] }));
    const hello = { kind: 'hello' as const, ...introduceAs('x', keys().meshId), port: 0, wallMs: 0 };
    rogue.socket.send(encodeFrame(hello));
    expect(await rogue.closed).toBe(4009);
    expect(a.troubles).toMatchObject([{ kind: 'bad', host: 'rogue' }]);
  });

  it('sends each message in one write', async () => {
    const a = await open('A', []);
    const through = await line(a.address);
    const b = await open('B', [through.address], { binds: [] });
    await until(() => a.peers().length + b.peers().length === 2, 'connected');
    const [before, after] = [through.toServer.length, through.toClient.length];
    for (let count = 0; count < 10; count += 1) {
      b.transport.send(b.sessionWith('A'), sampleMessages.entries);
      await until(() => a.heard().length === count + 1, 'heard');
      a.transport.send(a.sessionWith('B'), sampleMessages.entries);
      await until(() => b.heard().length === count + 1, 'answered');
    }
    expect(through.toServer.length - before).toBe(10);
    expect(through.toClient.length - after).toBe(10);
  });
});

const plan = demand(sampleMessages.vector.plans[0]);
const plansOf = (count: number) => Array.from({ length: count }, () => plan);
