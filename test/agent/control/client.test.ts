import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connectAgent } from '../../../agent/control/client.ts';
import type { BuildEvent } from '../../../agent/control/protocol.ts';
import { serveControl } from '../../../agent/control/server.ts';
import { BulkmeshError } from '../../../src/errors.ts';
import { waitUntil } from '../../sandbox/support/host.ts';
import { useScratch } from '../../store/scratch.ts';
import { createTarget, snapshot, status } from './fake-target.ts';

const never = (): AbortSignal => new AbortController().signal;

const collect = async (events: AsyncIterable<BuildEvent>, into: BuildEvent[]): Promise<void> => {
  for await (const event of events) into.push(event);
};

describe('the client of the control socket', () => {
  const scratch = useScratch();
  const listening: Server[] = [];
  afterEach(() => {
    for (const server of listening.splice(0)) server.close();
  });
  /** Answers every connection with that text, and ends it. */
  const serveText = async (text: string): Promise<string> => {
    const path = join(scratch(), 's');
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(text));
    });
    listening.push(server);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return path;
  };

  it.each([
    ['nothing is there', (dir: string) => join(dir, 'control.sock')],
    ['the directory is not there', (dir: string) => join(dir, 'absent/control.sock')],
    ['a plain file is there', (dir: string) => join(dir, 'file')],
    ['the path is longer than any socket’s', (dir: string) => join(dir, 'x'.repeat(200))],
  ])('says that no agent runs where %s', async (_, pathIn) => {
    const dir = scratch();
    writeFileSync(join(dir, 'file'), '');
    await expect(connectAgent(pathIn(dir))).rejects.toMatchObject({
      code: 'AGENT_NOT_RUNNING',
      hint: expect.stringContaining('bulkmesh agent'),
    });
  });

  it('says that the connection broke when an answer is cut off', async () => {
    const path = await serveText('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"vers');
    await expect(connectAgent(path)).rejects.toMatchObject({ code: 'AGENT_LOST' });
    await expect(connectAgent(path)).rejects.toBeInstanceOf(BulkmeshError);
  });

  it('says so when what answers is no agent', async () => {
    const path = await serveText('220 mail.example.org ESMTP\r\n');
    await expect(connectAgent(path)).rejects.toMatchObject({ code: 'AGENT_LOST' });
  });

  it('carries every verb, and brings refusals back as they were made', async () => {
    const path = join(scratch(), 's');
    const target = createTarget({
      destroySandbox: () => {
        throw new BulkmeshError('SANDBOX_BUSY', 'busy', { hint: 'wait' });
      },
    });
    const server = await serveControl(path, target);
    const client = await connectAgent(path);
    expect(await client.status()).toEqual(JSON.parse(JSON.stringify(status)));
    expect(await client.build({ pkgpaths: ['a/b'], fresh: true })).toEqual({ build: 'b1', resumed: false });
    await client.stop('drain');
    await client.shutdown('now');
    expect(await client.sandboxes()).toEqual([]);
    expect(target.builds).toEqual([{ pkgpaths: ['a/b'], fresh: true }]);
    expect(target.asked).toEqual(['stop drain', 'shutdown now']);
    await expect(client.destroySandbox('build-1')).rejects.toMatchObject({
      code: 'SANDBOX_BUSY',
      message: 'busy',
      hint: 'wait',
    });
    await server.close();
    await expect(client.status()).rejects.toMatchObject({ code: 'AGENT_NOT_RUNNING' });
  });

  it('gets a snapshot first, then all events, the one that was told as the agent ended included', async () => {
    const path = join(scratch(), 's');
    const target = createTarget();
    const server = await serveControl(path, target);
    const seen: BuildEvent[] = [];
    const reading = collect((await connectAgent(path)).events(never()), seen);
    await waitUntil(() => seen.length === 1);
    for (let i = 0; i < 1000; i += 1) target.tell({ kind: 'warning', text: `${i} ${'x'.repeat(1000)}` });
    target.tell({ kind: 'warning', text: 'the last word' });
    await server.close();
    await reading;
    expect(seen).toHaveLength(1002);
    expect(seen[0]).toEqual({ kind: 'snapshot', snapshot: JSON.parse(JSON.stringify(snapshot)) });
    expect(seen.at(-1)).toEqual({ kind: 'warning', text: 'the last word' });
  });

  it('ends the events quietly when they are no longer wanted, before they began or later', async () => {
    const path = join(scratch(), 's');
    const server = await serveControl(path, createTarget());
    const client = await connectAgent(path);
    const abort = new AbortController();
    const seen: BuildEvent[] = [];
    const reading = collect(client.events(abort.signal), seen);
    await waitUntil(() => seen.length === 1);
    abort.abort();
    await reading;
    await collect(client.events(abort.signal), seen);
    expect(seen).toHaveLength(1);
    await server.close();
  });

  it('takes half an event, of an agent that was killed, for the end', async () => {
    const path = join(scratch(), 's');
    const server = createHttpServer((incoming, outgoing) => {
      if (incoming.url === '/status') outgoing.end('{}');
      else outgoing.write('{"kind":"warning","text":"whole"}\n{"kind":"war', () => outgoing.destroy());
    });
    listening.push(server);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const seen: BuildEvent[] = [];
    await collect((await connectAgent(path)).events(never()), seen);
    expect(seen).toEqual([{ kind: 'warning', text: 'whole' }]);
  });
});
