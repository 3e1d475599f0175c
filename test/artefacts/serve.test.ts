import { once } from 'node:events';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askPeer, type Peer, type PeerRequest } from '../../src/artefacts/fetch/peer.ts';
import { eventually, makeBlob, useHosts } from './hosts.ts';

const hosts = useHosts();

interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const ask = async (
  peer: Peer,
  path: string,
  more: Partial<PeerRequest> = {},
  body?: string,
): Promise<Answered> => {
  const request = {
    method: 'GET',
    path,
    headers: {},
    signal: AbortSignal.timeout(100_000),
    ...more,
  } as const;
  const response = await askPeer(peer, request, body);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
};

const holdBlob = async (sizeBytes: number, limits = {}) => {
  const kept = await hosts.openStore(limits);
  const { bytes, wanted } = makeBlob(sizeBytes);
  await kept.store.addBytes(bytes);
  return { ...kept, bytes, wanted, path: `/blob/${wanted.sha256}`, peer: await hosts.serveStore(kept.store) };
};

describe('a host that is asked for a blob', () => {
  it('gives all of it, or what is asked for', async () => {
    const { bytes, path, peer, wanted } = await holdBlob(1_000);
    const tag = `"${wanted.sha256}"`;
    const whole = await ask(peer, path);
    expect(whole).toMatchObject({ status: 200, headers: { 'content-length': '1000', etag: tag } });
    expect(whole.body.equals(bytes)).toBe(true);
    const cases = [
      ['bytes=400-', 206, 'bytes 400-999/1000', bytes.subarray(400)],
      ['bytes=0-9', 206, 'bytes 0-9/1000', bytes.subarray(0, 10)],
      ['bytes=990-5000', 206, 'bytes 990-999/1000', bytes.subarray(990)],
      ['bytes=1000-', 416, 'bytes */1000', Buffer.alloc(0)],
      ['bytes=5-4', 200, undefined, bytes],
      ['bytes=0-1,5-6', 200, undefined, bytes],
      ['lines=1-2', 200, undefined, bytes],
    ] as const;
    for (const [Range, status, range, part] of cases) {
      const answer = await ask(peer, path, { headers: { Range } });
      expect([Range, answer.status, answer.headers['content-range']]).toEqual([Range, status, range]);
      expect(answer.body.equals(part)).toBe(true);
    }
    const other = await ask(peer, path, { headers: { Range: 'bytes=400-', 'If-Range': '"else"' } });
    expect(other.status).toBe(200);
    expect((await ask(peer, path, { headers: { 'If-None-Match': tag } })).status).toBe(304);
    const head = await ask(peer, path, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, headers: { 'content-length': '1000' }, body: Buffer.alloc(0) });
  });

  it('answers 404 for what it does not have, and 400 for what is no hash, a path above all', async () => {
    const { peer, root, wanted } = await holdBlob(10);
    writeFileSync(join(dirname(root), 'secret'), 'secret');
    expect((await ask(peer, `/blob/${makeBlob(1).wanted.sha256}`)).status).toBe(404);
    const odd = [
      '',
      '../secret',
      '..%2f..%2fsecret',
      `${wanted.sha256}/..`,
      `../blobs/${wanted.sha256}`,
      'x'.repeat(64),
    ];
    for (const name of [...odd, `${wanted.sha256}?x`]) {
      const { status, body } = await ask(peer, `/blob/${name}`);
      expect([name, status, body.length]).toEqual([name, 400, 0]);
    }
    expect((await ask(peer, '/else')).status).toBe(418);
    expect((await ask(peer, `/blob/${wanted.sha256}`, { method: 'POST' })).status).toBe(405);
  });

  it('gives nothing through a link that was planted in its store', async () => {
    const { store, root, losses } = await hosts.openStore();
    const { sha256 } = await store.addBytes(Buffer.from('blob'));
    const peer = await hosts.serveStore(store);
    const other = makeBlob(4).wanted.sha256;
    mkdirSync(join(root, 'blobs', other.slice(0, 2)), { recursive: true });
    symlinkSync('/etc/passwd', join(root, 'blobs', other.slice(0, 2), other));
    expect((await ask(peer, `/blob/${other}`)).status).toBe(404);
    const file = join(root, 'blobs', sha256.slice(0, 2), sha256);
    const target = join(hosts.scratch(), 'f');
    writeFileSync(target, 'blob');
    rmSync(file);
    symlinkSync(target, file);
    expect((await ask(peer, `/blob/${sha256}`)).status).toBe(404);
    expect(losses.length).toBe(1);
  });

  it('gives nothing of which the bytes are not right any more', async () => {
    const { store, root, path, peer, wanted } = await holdBlob(1_000);
    const again = await hosts.openStore({}, root);
    const peerAgain = await hosts.serveStore(again.store);
    const file = store.pathOf(wanted.sha256);
    chmodSync(file, 0o644);
    writeFileSync(file, Buffer.alloc(1_000));
    expect((await ask(peerAgain, path)).status).toBe(404);
    expect(again.losses).toMatchObject([{ loss: 'corrupt' }]);
    expect((await ask(peer, `${path}?suspect`, { method: 'HEAD' })).status).toBe(404);
  });

  it('serves only so many at a time, each host and in all, and says when to come again', async () => {
    const { bytes, path, peer } = await holdBlob(30_000_000, { uploadsMax: 3, uploadsPerHostMax: 2 });
    const hold = async (): Promise<{ readonly status: number | undefined; finish(): Promise<number> }> => {
      const signal = AbortSignal.timeout(100_000);
      const response = await askPeer(peer, { method: 'GET', path, headers: {}, signal });
      return {
        status: response.statusCode,
        finish: async () => {
          let size = 0;
          for await (const chunk of response) size += chunk.length;
          return size;
        },
      };
    };
    const held = [await hold(), await hold()];
    expect(held.map(({ status }) => status)).toEqual([200, 200]);
    const refused = await ask(peer, path);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect((await ask(peer, '/blobs', { method: 'POST' }, '[]')).status).toBe(503);
    for (const { finish } of held) expect(await finish()).toBe(bytes.length);
    await eventually(async () => (await ask(peer, path, { method: 'HEAD' })).status).toBe(200);
  });

  it('cuts off who takes next to nothing, and then has room for others', async () => {
    const limits = { uploadsMax: 1, uploadsPerHostMax: 1, paceMs: 300, paceBytes: 50_000_000 };
    const { path, peer } = await holdBlob(30_000_000, limits);
    const socket = connect(peer.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    socket.pause();
    await eventually(() => peer.asked.length).toBe(1);
    await expect.poll(async () => (await ask(peer, path, { method: 'HEAD' })).status).toBe(200);
    socket.destroy();
  });

  it('forgets who goes away in the middle', async () => {
    const { path, peer } = await holdBlob(30_000_000, { uploadsMax: 1 });
    for (let round = 0; round < 3; round += 1) {
      await eventually(async () => (await ask(peer, path, { method: 'HEAD' })).status).toBe(200);
      const signal = AbortSignal.timeout(100_000);
      const response = await askPeer(peer, { method: 'GET', path, headers: {}, signal });
      response.destroy();
    }
    await eventually(async () => (await ask(peer, path, { method: 'HEAD' })).status).toBe(200);
  });

  it('has a large blob that has not been hashed in this life asked for again, and goes on hashing it', async () => {
    const { root, path } = await holdBlob(60_000_000);
    const { store } = await hosts.openStore({ checkWaitMs: 1 }, root);
    const peer = await hosts.serveStore(store);
    expect((await ask(peer, path)).status).toBe(503);
    await expect.poll(async () => (await ask(peer, path, { method: 'HEAD' })).status).toBe(200);
  });

  it('takes no list that is too long, or none', async () => {
    const { peer, wanted } = await holdBlob(10, { bundleCountMax: 2, bundleRequestBytesMax: 500 });
    const post = (body: string) => ask(peer, '/blobs', { method: 'POST' }, body);
    const { sha256 } = wanted;
    for (const body of ['', '{}', '[1]', '["../x"]', JSON.stringify([sha256, sha256, sha256])]) {
      expect([body, (await post(body)).status]).toEqual([body, 400]);
    }
    expect((await post(' '.repeat(501))).status).toBe(413);
    const endless = connect(peer.port, '127.0.0.1');
    const closed = once(endless, 'close');
    endless.on('error', () => undefined).resume();
    endless.write(`POST /blob/${sha256} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n`);
    await closed;
    expect((await ask(peer, '/blobs')).status).toBe(405);
    expect((await post(JSON.stringify([sha256]))).body.length).toBe(47);
  });
});
