import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { Route } from '../../../agent/mesh/node.ts';
import { createDesk, type Desk } from '../../../agent/view/desk.ts';
import { createNames } from '../../../agent/view/names.ts';
import type { Order } from '../../../agent/view/order.ts';
import type { HostActs, MeshLine } from '../../../agent/view/ports.ts';
import { createAgent } from '../../../src/core/agent.ts';
import { hostId, sessionId } from '../../../src/core/ids.ts';
import { BulkmeshError } from '../../../src/errors.ts';
import type { LinkView } from '../../../src/mesh/transport.ts';
import { makeLife } from '../../core/lives.ts';
import { makeView } from './pictures.ts';

/** Desks whose hosts can ask each other, as over the mesh. */
const desks: Desk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.close();
});

interface FakeHost {
  readonly desk: Desk;
  readonly asked: string[];
  readonly routes: Map<string, Route>;
}

const makeLink = (host: string, name: string): LinkView => ({
  session: sessionId(1),
  host: hostId(host),
  address: `192.0.2.1:28550`,
  isDialler: true,
  keyId: 'k',
  clockAheadMs: 0,
  unknownCount: 0,
  hello: {
    life: makeLife(host),
    mesh: 'm1',
    protocol: { oldest: 1, newest: 3 },
    platform: 'linux-x64',
    eligibility: 'allow',
    runs: 2,
    cores: 2,
  },
  addresses: [],
  name,
  version: '1',
  grounds: {},
});

/** What a route answers to a request, as JSON. */
const callRoute = (route: Route, method: string, url: string, body: unknown): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const request = Object.assign(
      Readable.from(body === undefined ? [] : [Buffer.from(JSON.stringify(body))]),
      {
        method,
        url,
      },
    );
    let status = 0;
    const response = Object.assign(new EventEmitter(), {
      writeHead: (code: number) => {
        status = code;
        return response;
      },
      end: (text?: string) =>
        status === 200 ? resolve(JSON.parse(text ?? '')) : reject(new Error(`${status}`)),
      destroy: (error?: Error) => reject(error ?? new Error('cut off')),
    });
    route(request as never, response as never);
  });

const makeHost = (
  id: string,
  name: string,
  others: () => readonly (readonly [string, string, FakeHost | undefined])[],
  acts: Partial<HostActs> = {},
): FakeHost => {
  const asked: string[] = [];
  const routes = new Map<string, Route>();
  const note = (what: string) => (): undefined => {
    asked.push(what);
  };
  const line: MeshLine = {
    meshId: 'm1',
    traffic: { bytesIn: 0, bytesOut: 0, heard: new Map(), sent: new Map() },
    listLinks: () => others().map(([host, called]) => makeLink(host, called)),
    listCalls: () => [{ host: undefined, addresses: ['192.0.2.9:28550'], failures: 3, why: 'no answer' }],
    ask: async (host, { method, path, body }) => {
      const there = others().find(([other]) => other === host)?.[2];
      const route = [...(there?.routes ?? [])].find(([prefix]) => path.startsWith(prefix))?.[1];
      if (route === undefined) throw new Error('it hung up');
      return callRoute(route, method, path, body);
    },
    stream: async () => {
      throw new Error('none');
    },
    addRoute: (prefix, route) => routes.set(prefix, route),
  };
  const core = createAgent();
  for (const [host] of others()) {
    core.membership.peers.set(hostId(host), {
      ...{ hello: makeLink(host, '').hello, session: undefined, status: 'alive', heardAtMs: 0 },
      ...{ closedAtMs: undefined, isLeaving: false, vouchedAtMs: undefined, probedAtMs: undefined },
      ...{
        refusedAtMs: undefined,
        load: undefined,
        ballot: undefined,
        plans: new Set(),
        unfit: new Set(),
        protocol: 2,
      },
    });
  }
  const desk = createDesk({
    ...{ core, line },
    acts: {
      setDrained: (isDrained) => asked.push(`drained ${isDrained}`),
      shutdown: (mode) => asked.push(`shutdown ${mode}`),
      evict: (host) => asked.push(`evict ${host}`),
      stop: note('stop'),
      resume: async () => note('resume')(),
      retry: note('retry'),
      ...acts,
    },
    names: createNames(line, { host: hostId(id), name }),
    now: () => 1_000,
    viewSelf: () => makeView(id, name),
    pathOf: () => undefined,
    compare: () => [],
  });
  desks.push(desk);
  return { desk, asked, routes };
};

describe('the desk', () => {
  it('shows what each host tells of itself, and why one tells nothing', async () => {
    const beta = makeHost('h2', 'beta', () => []);
    const alpha = makeHost('h1', 'alpha', () => [
      ['h2', 'beta', beta],
      ['h3', 'mute', undefined],
    ]);
    const { hosts } = await alpha.desk.viewMesh();
    expect(hosts.map(({ name, standing, view, why }) => [name, standing, view?.slots.length, why])).toEqual([
      ['alpha', 'self', 2, undefined],
      ['192.0.2.9:28550', 'unreachable', undefined, 'no answer'],
      ['beta', 'alive', 2, undefined],
      ['mute', 'alive', undefined, 'no answer: it hung up'],
    ]);
  });

  it('does not believe a host that tells of another one', async () => {
    const liar = makeHost('h9', 'liar', () => []);
    const alpha = makeHost('h1', 'alpha', () => [['h2', 'beta', liar]]);
    const beta = (await alpha.desk.viewMesh()).hosts.find(({ host }) => host === 'h2');
    expect(beta).toMatchObject({ view: undefined, why: 'no answer: it tells of itself as h9' });
  });

  it('has the host that is meant do it, by name or the beginning of its id', async () => {
    const beta = makeHost('h2', 'beta', () => []);
    const alpha = makeHost('h1', 'alpha', () => [['h2', 'beta', beta]]);
    await alpha.desk.order('beta', { kind: 'drain' });
    await alpha.desk.order('h2', { kind: 'undrain' });
    await alpha.desk.order(undefined, { kind: 'drain' });
    expect(beta.asked).toEqual(['drained true', 'drained false']);
    expect(alpha.asked).toEqual(['drained true']);
    await expect(alpha.desk.order('h', { kind: 'drain' })).rejects.toMatchObject({ code: 'HOST_AMBIGUOUS' });
    await expect(alpha.desk.order('x', { kind: 'drain' })).rejects.toMatchObject({
      code: 'HOST_UNKNOWN',
      hint: 'There are: alpha (h1), beta (h2).',
    });
    await expect(alpha.desk.evict('beta', false)).rejects.toMatchObject({ code: 'EVICT_ALIVE' });
    await alpha.desk.evict('beta', true);
    expect(alpha.asked.at(-1)).toBe('evict h2');
  });

  it('gives an order about a build to a host that knows it, with its refusal in its own words', async () => {
    const retry: Order = { kind: 'retry', build: undefined, packages: ['gawk'] };
    const beta = makeHost('h2', 'beta', () => [], {
      retry: () => ({ text: 'gawk is tried again', names: ['gawk-5.3'] }),
      stop: () => {
        throw new BulkmeshError('BUILD_AMBIGUOUS', 'two builds go on', { hint: 'name one' });
      },
    });
    const alpha = makeHost('h1', 'alpha', () => [['h2', 'beta', beta]]);
    expect(await alpha.desk.order(undefined, retry)).toEqual({
      text: 'gawk is tried again',
      names: ['gawk-5.3'],
    });
    await expect(
      alpha.desk.order(undefined, { kind: 'stop', build: undefined, mode: 'now' }),
    ).rejects.toMatchObject({ code: 'BUILD_AMBIGUOUS', message: 'beta: two builds go on', hint: 'name one' });
    await expect(alpha.desk.order(undefined, { kind: 'resume', build: 'b7' })).rejects.toMatchObject({
      ...{ code: 'BUILD_UNKNOWN', message: 'nobody knows a build b7 to go on with' },
    });
  });

  it('refuses orders of other hosts that are none', async () => {
    const { routes, asked } = makeHost('h1', 'alpha', () => []);
    const order = routes.get('/order');
    if (order === undefined) throw new Error('no route');
    expect(await callRoute(order, 'POST', '/order', { kind: 'leave', mode: 'at once' })).toMatchObject({
      kind: 'refused',
      code: 'ORDER_UNKNOWN',
    });
    expect(await callRoute(order, 'POST', '/order', { kind: 'leave', mode: 'now' })).toMatchObject({
      kind: 'refused',
      code: 'LEAVE_ELSEWHERE',
    });
    await expect(callRoute(order, 'GET', '/order', undefined)).rejects.toThrow('405');
    expect(asked).toEqual([]);
  });
});
