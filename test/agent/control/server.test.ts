import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type ControlServer, type ControlTarget, serveControl } from '../../../agent/control/server.ts';
import { BulkmeshError } from '../../../src/errors.ts';
import { waitUntil } from '../../sandbox/support/host.ts';
import { useScratch } from '../../store/scratch.ts';
import { createTarget } from './fake-target.ts';

interface Answer {
  readonly status: number | undefined;
  readonly body: unknown;
}

const ask = (socketPath: string, method: string, path: string, body = ''): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path }, async (response) => {
      const chunks = await response.setEncoding('utf8').toArray();
      resolve({ status: response.statusCode, body: JSON.parse(chunks.join('')) });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });

describe('the control socket', () => {
  const scratch = useScratch();
  const servers: ControlServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });
  const serve = async (changes: Partial<ControlTarget> = {}, path = join(scratch(), 'control.sock')) => {
    const target = createTarget(changes);
    const server = await serveControl(path, target);
    servers.push(server);
    return { path, target, server, ask: (...rest: [string, string, string?]) => ask(path, ...rest) };
  };

  it('has mode 0600 whatever the umask, and leaves the umask alone', async () => {
    const before = process.umask(0);
    try {
      const { path } = await serve();
      expect(statSync(path).mode & 0o7777).toBe(0o600);
      expect(process.umask(0)).toBe(0);
    } finally {
      process.umask(before);
    }
  });

  it('takes the place of the socket that a dead agent left', async () => {
    const path = join(scratch(), 'control.sock');
    writeFileSync(path, '');
    const { ask: askIt } = await serve({}, path);
    expect((await askIt('GET', '/status')).status).toBe(200);
  });

  it('is refused with a reason where it cannot be', async () => {
    const long = join(scratch(), 'x'.repeat(100));
    await expect(serve({}, long)).rejects.toMatchObject({
      code: 'CONTROL_SOCKET',
      hint: expect.stringContaining('paths.state'),
    });
    const directory = join(scratch(), 'control.sock');
    mkdirSync(directory);
    for (const path of [directory, join(scratch(), 'absent/control.sock')]) {
      await expect(serve({}, path)).rejects.toMatchObject({
        code: 'CONTROL_SOCKET',
        message: /control\.sock/,
      });
    }
  });

  it.each([
    ['POST', '/stop', 'no JSON', 'REQUEST_INVALID'],
    ['POST', '/stop', '', 'REQUEST_INVALID'],
    ['POST', '/stop', '{"mode":"later"}', 'REQUEST_INVALID'],
    ['POST', '/shutdown', '[]', 'REQUEST_INVALID'],
    ['POST', '/build', '{"pkgpaths":"a/b","fresh":true}', 'REQUEST_INVALID'],
    ['POST', '/build', '{"pkgpaths":[]}', 'REQUEST_INVALID'],
    ['POST', '/sandboxes/destroy', `{"slot":"${'x'.repeat(65)}"}`, 'REQUEST_INVALID'],
    ['GET', '/stop', '', 'REQUEST_UNKNOWN'],
    ['GET', '/nothing', '', 'REQUEST_UNKNOWN'],
    ['POST', '/status?x=1', '', 'REQUEST_UNKNOWN'],
  ])('answers %s %s with the body %s as the asker’s fault, and does nothing', async (...row) => {
    const [method, path, body, code] = row;
    const { target, ask: askIt } = await serve();
    const answer = await askIt(method, path, body);
    expect(answer).toMatchObject({ status: 400, body: { code, message: expect.stringMatching(/./) } });
    expect([...target.asked, ...target.builds]).toEqual([]);
  });

  it('answers too large a request, and the next one', async () => {
    const { target, ask: askIt } = await serve();
    const body = JSON.stringify({ pkgpaths: ['x'.repeat(9_000_000)], fresh: false });
    expect(await askIt('POST', '/build', body)).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_TOO_LARGE' },
    });
    expect(await askIt('POST', '/stop', '{"mode":"now"}')).toEqual({ status: 200, body: {} });
    expect(target.asked).toEqual(['stop now']);
  });

  it('tells a refusal with its hint, and a fault of its own without its inside', async () => {
    const { ask: askIt } = await serve({
      build: async () => {
        throw new BulkmeshError('BUILD_RUNNING', 'b0 is going on', { hint: 'wait' });
      },
      sandboxes: () => {
        throw new Error('a bug');
      },
    });
    expect(await askIt('POST', '/build', '{"pkgpaths":[],"fresh":true}')).toEqual({
      status: 409,
      body: { code: 'BUILD_RUNNING', message: 'b0 is going on', hint: 'wait' },
    });
    expect(await askIt('GET', '/sandboxes')).toEqual({
      status: 500,
      body: { code: 'AGENT_ERROR', message: 'a bug', hint: '' },
    });
  });

  it('cuts off a reader of events who does not keep up, and tells the others on', async () => {
    const { path, target } = await serve();
    const slow = connect(path);
    slow.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    slow.pause();
    await waitUntil(() => target.listeners === 1);
    const text = 'x'.repeat(1_000_000);
    for (let i = 0; i < 12; i += 1) target.tell({ kind: 'warning', text });
    await waitUntil(() => target.listeners === 0);
    expect(target.listeners).toBe(0);
    slow.destroy();
  });

  it('forgets a reader of events who goes away', async () => {
    const { path, target } = await serve();
    const reader = connect(path);
    reader.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    await waitUntil(() => target.listeners === 1);
    reader.destroy();
    await waitUntil(() => target.listeners === 0);
    expect(target.listeners).toBe(0);
    target.tell({ kind: 'warning', text: 'to nobody' });
  });

  it('closes though a reader of events reads nothing', async () => {
    const { path, target, server } = await serve();
    const slow = connect(path);
    slow.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    slow.pause();
    slow.on('error', () => {});
    await waitUntil(() => target.listeners === 1);
    target.tell({ kind: 'warning', text: 'x'.repeat(3_000_000) });
    await server.close();
    servers.splice(0);
    await waitUntil(() => target.listeners === 0);
    expect(target.listeners).toBe(0);
    slow.destroy();
  });
});
