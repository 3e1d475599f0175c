import { describe, expect, it } from 'vitest';
import { hostId, sessionId } from '../../src/core/ids.ts';
import { openTransport } from '../../src/mesh/transport.ts';
import { introduceAs, keyA, probe, until, useMesh } from './support/mesh.ts';
import { useLines } from './support/proxy.ts';
import { ask } from './support/request.ts';
import { sampleFact, sampleLife, samplePlan } from './support/samples.ts';

const failing = (code: string) => expect.objectContaining({ code });

describe('hosts of a mesh', () => {
  const { open, ring } = useMesh();
  const line = useLines();

  it('that know one of them find each other, and learn what each says of itself', async () => {
    const a = await open('A', []);
    const b = await open('B', [a.address]);
    const c = await open('C', [a.address], { says: { grounds: { kit: 'k1' }, addresses: ['build3:28550'] } });
    await until(() => [a, b, c].every((member) => member.peers().length === 2), 'each knows the others');
    const [link] = a.transport.listLinks().filter(({ host }) => host === 'C');
    expect(link).toMatchObject({ name: 'C.example', grounds: { kit: 'k1' }, isDialler: false });
    expect(
      b.transport
        .listMet()
        .map(({ host }) => host)
        .sort(),
    ).toEqual(['A', 'C']);
    const met = a.transport.listMet().find(({ host }) => host === 'C');
    expect(met?.addresses).toEqual(expect.arrayContaining([c.address, 'build3:28550']));
  });

  it('hear messages in the order in which they were sent, after the session came up', async () => {
    const a = await open('A', []);
    const b = await open('B', [a.address]);
    await until(() => a.peers().length + b.peers().length === 2, 'connected');
    const count = 3_000;
    for (let index = 0; index < count; index += 1) a.transport.send(a.sessionWith('B'), probe(`h${index}`));
    await until(() => b.heard().length === count, 'all heard');
    expect(b.heard()).toEqual(Array.from({ length: count }, (_, index) => probe(`h${index}`)));
    expect(b.events[0]).toMatchObject({ kind: 'sessionUp', isDialler: true, hello: { life: { host: 'A' } } });
  });

  it('that call each other at the same moment end up connected, with sessions that have numbers of their own', async () => {
    const a = await open('A', []);
    const b = await open('B', []);
    a.transport.join(b.address);
    b.transport.join(a.address);
    await until(() => a.peers().length + b.peers().length === 2, 'connected');
    for (const { events } of [a, b]) {
      const numbers = events.flatMap((event) => (event.kind === 'sessionUp' ? [event.session] : []));
      expect(new Set(numbers).size).toBe(numbers.length);
    }
    // Which of two is kept is for the core to say: whatever it closes, the other one goes on.
    await until(() => {
      const [, ...more] = a.transport.listLinks();
      for (const { session } of more) a.transport.closeSession(session, 'superseded');
      return b.transport.listLinks().length === 1;
    }, 'one is left');
    a.transport.send(a.sessionWith('B'), probe('x'));
    await until(() => b.heard().length === 1, 'heard');
    expect(a.events.filter(({ kind }) => kind === 'sessionDown')).toEqual([]);
  });

  it('are connected again after a cut, and both cores are told of it', async () => {
    const a = await open('A', []);
    const through = await line(a.address);
    const b = await open('B', [through.address], { binds: [] });
    await until(() => a.peers().length + b.peers().length === 2, 'connected');
    through.cut();
    await until(() => b.events.filter(({ kind }) => kind === 'sessionUp').length === 2, 'connected again');
    await until(() => a.events.filter(({ kind }) => kind === 'sessionUp').length === 2, 'seen there too');
    for (const { events } of [a, b]) {
      expect(events.map(({ kind }) => kind)).toEqual(['sessionUp', 'sessionDown', 'sessionUp']);
      expect(events).toContainEqual({ kind: 'sessionDown', session: sessionId(1) });
    }
  });

  it('hear that nobody listens any more where one of them was', async () => {
    const a = await open('A', []);
    const b = await open('B', [a.address]);
    await until(() => b.peers().length === 1, 'connected');
    await a.transport.stop();
    await until(() => b.events.some(({ kind }) => kind === 'dialRefused'), 'refused');
    expect(b.events).toContainEqual({ kind: 'dialRefused', host: hostId('A') });
  });

  it('call those that an earlier life has met, whatever else is written there', async () => {
    const a = await open('A', []);
    const known = [
      { host: hostId('A'), addresses: ['no address', a.address] },
      { host: hostId('X'), addresses: ['nor this:99999'] },
    ];
    const b = await open('B', [], { known });
    await until(() => b.peers().length === 1, 'connected');
    expect(b.transport.listCalls()).toEqual([]);
  });

  it('say whom they call without an answer, and why there is none', async () => {
    const gone = await open('X', []);
    await gone.transport.stop();
    const a = await open('A', [gone.address]);
    await until(() => a.transport.listCalls().some(({ failures }) => failures > 1), 'called twice');
    expect(a.transport.listCalls()).toMatchObject([{ host: undefined, addresses: [gone.address] }]);
    expect(a.transport.listCalls()[0]?.why).toBe(`${gone.address}: ECONNREFUSED`);
    const b = await open('B', [a.address]);
    await until(() => a.peers().includes('B'), 'connected');
    expect(b.transport.listCalls()).toEqual([]);
  });

  it('hear of a session that the other end closes, and not of one that they close', async () => {
    const a = await open('A', []);
    const b = await open('B', [a.address], { binds: [] });
    await until(() => a.peers().length + b.peers().length === 2, 'connected');
    a.transport.closeSession(a.sessionWith('B'), 'cloned');
    await until(() => b.events.some(({ kind }) => kind === 'sessionDown'), 'closed');
    expect(a.events.filter(({ kind }) => kind === 'sessionDown')).toEqual([]);
    expect(b.troubles).toMatchObject([{ kind: 'refused', host: 'A', detail: 'cloned' }]);
  });

  it('say what they have said before they stop', async () => {
    const a = await open('A', []);
    const b = await open('B', [a.address]);
    await until(() => a.peers().length + b.peers().length === 2, 'connected');
    a.transport.send(a.sessionWith('B'), { kind: 'leave', mode: 'now' });
    await a.transport.stop();
    await until(() => b.heard().length === 1, 'heard');
    expect(b.heard()).toEqual([{ kind: 'leave', mode: 'now' }]);
  });

  it('get a journal that is too long for one message in several', async () => {
    const a = await open('A', []);
    const b = await open('B', [a.address]);
    await until(() => a.peers().length + b.peers().length === 2, 'connected');
    const reason = 'x'.repeat(5_000);
    const outcome = { kind: 'failed', class: 'package', stage: 'build', reason } as const;
    const entries = Array.from({ length: 500 }, (_, index) => ({ ...sampleFact, seq: index + 1, outcome }));
    const head = { kind: 'entries', planId: samplePlan, origin: sampleLife } as const;
    a.transport.send(a.sessionWith('B'), { ...head, from: 1, entries });
    const heard = () => b.heard().flatMap((message) => (message.kind === 'entries' ? message.entries : []));
    await until(() => heard().length === 500, 'all heard');
    expect(heard()).toEqual(entries);
    expect(b.peers()).toEqual(['A']);
  });

  it('name what cannot be sent, and go on', async () => {
    const a = await open('A', []);
    const b = await open('B', [a.address]);
    await until(() => a.peers().length + b.peers().length === 2, 'connected');
    a.transport.send(a.sessionWith('B'), { kind: 'canvass', round: -1, ballot: undefined });
    a.transport.send(a.sessionWith('B'), probe('x'));
    await until(() => b.heard().length === 1, 'heard');
    expect(a.troubles).toMatchObject([{ kind: 'unsendable', host: 'B' }]);
    expect(b.troubles).toEqual([]);
  });

  it('do not take themselves for another one when they know their own address', async () => {
    const a = await open('A', []);
    a.transport.join(a.address);
    const b = await open('B', [a.address]);
    await until(() => a.peers().length === 1, 'connected');
    expect(a.peers()).toEqual(['B']);
    expect(a.troubles).toEqual([]);
    expect(b.transport.listMet()).toHaveLength(1);
  });

  it('of other meshes are refused and named, and nothing of them is passed on', async () => {
    const a = await open('A', []);
    const b = await open('B', [a.address], { mesh: 'another' });
    await until(() => b.troubles.length > 0 && a.troubles.length > 0, 'refused');
    expect([...a.troubles, ...b.troubles]).toContainEqual(expect.objectContaining({ kind: 'mesh' }));
    expect([...a.events, ...b.events]).toEqual([]);
    expect(a.transport.listMet()).toEqual([]);
  });

  it('listen on IPv6 as on IPv4', async () => {
    const binds = [
      { host: '::1', port: 0 },
      { host: '127.0.0.1', port: 0 },
    ];
    const a = await open('A', [], { binds });
    expect(a.address).toMatch(/^\[::1\]:\d+$/);
    const b = await open('B', [a.address]);
    await until(() => b.peers().length === 1, 'connected over IPv6');
    const c = await open('C', [`127.0.0.1:${a.transport.bound[1]?.port}`]);
    await until(() => c.peers().includes('A'), 'connected over IPv4');
  });

  it('say which port is taken, and which address is none', async () => {
    const a = await open('A', []);
    const port = Number(a.address.split(':')[1]);
    await expect(open('B', [], { binds: [{ host: '127.0.0.1', port }] })).rejects.toThrow(
      failing('MESH_PORT_TAKEN'),
    );
    await expect(open('B', [], { binds: [{ host: '203.0.113.1', port: 0 }] })).rejects.toThrow(
      failing('MESH_LISTEN_FAILED'),
    );
    await expect(open('B', ['not an address'])).rejects.toThrow(failing('MESH_ADDRESS_BAD'));
    const addresses = Array.from(
      { length: 16 },
      (_, index) => `${'x'.repeat(60)}.${'y'.repeat(60)}:${index + 1}`,
    );
    const grounds = Object.fromEntries(addresses.map((name, index) => [`g${index}`, name]));
    await expect(open('B', [], { says: { addresses, grounds } })).rejects.toThrow(
      failing('MESH_HELLO_LARGE'),
    );
  });

  it('answer requests of those that have the key on the same port', async () => {
    const asked: string[] = [];
    const a = await open('A', [], {
      onRequest: (request, response) => {
        asked.push(`${request.method} ${request.url}`);
        response.end('here');
      },
    });
    expect(await ask(a.address, ring(keyA), '/blob/1')).toEqual({ status: 200, text: 'here' });
    expect(await ask(a.address, ring(keyA), '/blob/1', 'DELETE')).toMatchObject({ status: 405 });
    expect(asked).toEqual(['GET /blob/1']);
    const b = await open('B', []);
    expect(await ask(b.address, ring(keyA), '/blob/1')).toMatchObject({ status: 404 });
  });

  it('keep a port for nobody when what they say of themselves is no hello', async () => {
    const mine = introduceAs('B', 'm');
    const bad = { ...mine, hello: { ...mine.hello, life: { ...mine.hello.life, host: hostId('../x') } } };
    const opening = openTransport({
      ...{ keys: ring(keyA), binds: [], seeds: [], known: [], introduce: () => bad },
      ...{ onEvent: () => undefined, onTrouble: () => undefined },
    });
    await expect(opening).rejects.toThrow(failing('MESH_UNSENDABLE'));
  });
});
