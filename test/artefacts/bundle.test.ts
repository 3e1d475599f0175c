import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Fetcher } from '../../src/artefacts/fetch/fetcher.ts';
import { formatFrame } from '../../src/artefacts/frames.ts';
import { makeBlob, never, type Serve, useHosts } from './hosts.ts';

const hosts = useHosts();
const makeBlobs = (count: number, sizeBytes: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => makeBlob(sizeBytes(index)));

describe('many small files', () => {
  it('come in one answer, a thousand of them, each verified', async () => {
    const holder = await hosts.openStore();
    const blobs = makeBlobs(1_000, (index) => 10 + 7 * index);
    await holder.store.addMany(blobs.map(({ bytes, wanted: { sha256 } }) => ({ sha256, bytes })));
    const { store, root } = await hosts.openStore();
    const peer = await hosts.serveStore(holder.store);
    const fetcher = new Fetcher(store);
    const outcomes = await Promise.all(blobs.map(({ wanted }) => fetcher.fetch(wanted, peer, never)));
    expect(outcomes.filter(({ kind }) => kind === 'fetched').length).toBe(1_000);
    expect(peer.asked).toEqual(['POST /blobs']);
    const again = await hosts.openStore({}, root);
    const checks = await Promise.all(blobs.map(({ wanted }) => again.store.check(wanted.sha256)));
    expect(checks.every((isRight) => isRight)).toBe(true);
  });

  it('come in several answers where one would be too large, and all come', async () => {
    const holder = await hosts.openStore();
    const blobs = makeBlobs(40, () => 200_000);
    await holder.store.addMany(blobs.map(({ bytes, wanted: { sha256 } }) => ({ sha256, bytes })));
    const { store } = await hosts.openStore({ bundleBytesMax: 3_000_000 });
    const peer = await hosts.serveStore(holder.store);
    const fetcher = new Fetcher(store);
    const outcomes = await Promise.all(blobs.map(({ wanted }) => fetcher.fetch(wanted, peer, never)));
    expect(outcomes.every(({ kind }) => kind === 'fetched')).toBe(true);
    expect(peer.asked.length).toBeLessThan(10);
  });

  it('of which some are gone, corrupt or larger than thought are told one by one', async () => {
    const holder = await hosts.openStore();
    const [good, gone, bad, large] = makeBlobs(4, (index) => (index === 3 ? 300_000 : 1_000));
    if (good === undefined || gone === undefined || bad === undefined || large === undefined)
      throw new Error();
    for (const { bytes } of [good, bad, large]) await holder.store.addBytes(bytes);
    const path = join(holder.root, 'blobs', bad.wanted.sha256.slice(0, 2), bad.wanted.sha256);
    chmodSync(path, 0o644);
    writeFileSync(path, Buffer.alloc(1_000));
    const { store } = await hosts.openStore();
    const peer = await hosts.serveStore(holder.store);
    const fetcher = new Fetcher(store);
    const wanted = [good.wanted, gone.wanted, bad.wanted, { ...large.wanted, sizeBytes: 1_000 }];
    const outcomes = await Promise.all(wanted.map((one) => fetcher.fetch(one, peer, never)));
    expect(outcomes).toMatchObject([
      { kind: 'fetched' },
      { why: 'gone' },
      { why: 'corrupt' },
      { why: 'corrupt' },
    ]);
  });

  it('come one by one from a host that breaks off or talks nonsense', async () => {
    const holder = await hosts.openStore();
    const blobs = makeBlobs(5, () => 5_000);
    await holder.store.addMany(blobs.map(({ bytes, wanted: { sha256 } }) => ({ sha256, bytes })));
    const behind = await hosts.serveStore(holder.store);
    const first = blobs[0];
    if (first === undefined) throw new Error();
    const frame = formatFrame({ kind: 'blob', sha256: first.wanted.sha256, bytes: first.bytes });
    const nonsense: readonly (readonly Buffer[])[] = [
      [frame, frame.subarray(0, 60)],
      [frame, frame],
      [Buffer.alloc(100, 7)],
      [Buffer.concat([frame.subarray(0, 33), Buffer.alloc(4, 255)])],
      [],
    ];
    for (const answer of nonsense) {
      const serve: Serve = (request, response) => {
        if (request.method === 'POST') {
          for (const piece of answer) response.write(piece);
          response.end();
          return;
        }
        const through = behind.open({
          method: 'GET',
          path: request.url ?? '',
          headers: {},
          signal: AbortSignal.timeout(60_000),
        });
        through.on('response', (from) => {
          response.writeHead(from.statusCode ?? 500, from.headers);
          from.pipe(response);
        });
        through.end();
      };
      const { store } = await hosts.openStore();
      const fetcher = new Fetcher(store);
      const peer = await hosts.serve(serve);
      const outcomes = await Promise.all(blobs.map(({ wanted }) => fetcher.fetch(wanted, peer, never)));
      expect(outcomes.map(({ kind }) => kind)).toEqual(Array(5).fill('fetched'));
    }
  });

  it('that are not wanted any more end for the one who says so, and come for the others', async () => {
    const holder = await hosts.openStore();
    const blobs = makeBlobs(3, () => 5_000);
    await holder.store.addMany(blobs.map(({ bytes, wanted: { sha256 } }) => ({ sha256, bytes })));
    const { store } = await hosts.openStore();
    const peer = await hosts.serveStore(holder.store);
    const fetcher = new Fetcher(store);
    const stop = new AbortController();
    const fetches = blobs.map(({ wanted }, index) =>
      fetcher.fetch(wanted, peer, index === 0 ? stop.signal : never),
    );
    stop.abort(new Error('not this'));
    const settled = await Promise.allSettled(fetches);
    expect(settled).toMatchObject([
      { status: 'rejected' },
      { value: { kind: 'fetched' } },
      { value: { kind: 'fetched' } },
    ]);
  });
});
