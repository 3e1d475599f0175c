import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Fetcher } from '../../src/artefacts/fetch/fetcher.ts';
import type { Sha256 } from '../../src/artefacts/sha256.ts';
import { eventually, makeBlob, never, type Serve, useHosts } from './hosts.ts';

const hosts = useHosts();
const fileOf = (root: string, sha256: Sha256): string => join(root, 'blobs', sha256.slice(0, 2), sha256);

/** Gives these bytes, as a host would, in answer to anything. */
const giveWhole = (response: ServerResponse, bytes: Buffer): void => {
  response.writeHead(200, { 'Content-Length': String(bytes.length) }).end(bytes);
};

const rangeStart = (range: string | undefined): number =>
  Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);

/** Gives the bytes from where they are asked for, and breaks off after so many each time. */
const breakOff =
  (bytes: Buffer, each: number): Serve =>
  (request, response) => {
    const start = rangeStart(request.headers.range);
    const rest = bytes.subarray(start);
    const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(start === 0 ? 200 : 206, {
      'Content-Length': String(rest.length),
      'Content-Range': range,
    });
    if (rest.length <= each) response.end(rest);
    else response.write(rest.subarray(0, each), () => response.destroy());
  };

describe('a file that another host has', () => {
  it('comes whole and right, and is durable under its name', async () => {
    const holder = await hosts.openStore();
    const { bytes, wanted } = makeBlob(5_000_000);
    await holder.store.addBytes(bytes);
    const { store } = await hosts.openStore();
    const fetcher = new Fetcher(store);
    const peer = await hosts.serveStore(holder.store);
    const { sha256, sizeBytes } = wanted;
    expect(await fetcher.fetch(wanted, peer, never)).toEqual({ kind: 'fetched', sha256, sizeBytes });
    expect((await store.readBlob(sha256, 1e7))?.equals(bytes)).toBe(true);
    expect(await fetcher.fetch(wanted, peer, never)).toMatchObject({ kind: 'fetched' });
    expect(peer.asked).toEqual([`GET /blob/${sha256}`]);
  });

  it('comes though its size is not known, unless it is too large', async () => {
    const holder = await hosts.openStore();
    const { bytes, wanted } = makeBlob(1_000_000);
    await holder.store.addBytes(bytes);
    const { store } = await hosts.openStore();
    const fetcher = new Fetcher(store);
    const peer = await hosts.serveStore(holder.store);
    const unsized = { ...wanted, sizeBytes: undefined };
    expect(await fetcher.fetch({ ...unsized, maxBytes: 999_999 }, peer, never)).toMatchObject({
      why: 'corrupt',
    });
    expect(await fetcher.fetch({ ...unsized, maxBytes: 1_000_000 }, peer, never)).toMatchObject({
      kind: 'fetched',
      sizeBytes: 1_000_000,
    });
  });

  it('comes once for all who want it at the same time', async () => {
    const holder = await hosts.openStore();
    const { bytes, wanted } = makeBlob(2_000_000);
    await holder.store.addBytes(bytes);
    const { store } = await hosts.openStore();
    const fetcher = new Fetcher(store);
    const peer = await hosts.serveStore(holder.store);
    const outcomes = await Promise.all([1, 2, 3].map(() => fetcher.fetch(wanted, peer, never)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['fetched', 'fetched', 'fetched']);
    expect(peer.asked.length).toBe(1);
  });

  it('is asked of the second host when the transfer with the first one, which both waited for, came to nothing', async () => {
    const holder = await hosts.openStore();
    const { bytes, wanted } = makeBlob(400_000);
    await holder.store.addBytes(bytes);
    const { store } = await hosts.openStore();
    const fetcher = new Fetcher(store);
    const without = await hosts.serve((_request, response) => void response.writeHead(404).end());
    const peer = await hosts.serveStore(holder.store);
    const outcomes = await Promise.all([without, peer].map((host) => fetcher.fetch(wanted, host, never)));
    expect(outcomes).toMatchObject([{ why: 'gone' }, { kind: 'fetched' }]);
  });

  it('is the first of several right ones that the host has', async () => {
    const holder = await hosts.openStore();
    const [one, two] = [makeBlob(300_000), makeBlob(300_000)];
    await holder.store.addBytes(two.bytes);
    const { store } = await hosts.openStore();
    const peer = await hosts.serveStore(holder.store);
    const outcome = await new Fetcher(store).fetchAny([one.wanted, two.wanted], peer, never);
    expect(outcome).toMatchObject({ kind: 'fetched', sha256: two.wanted.sha256 });
  });
});

describe('a connection that breaks', () => {
  it('is taken up where it broke, time after time, and the file is right', async () => {
    const { bytes, wanted } = makeBlob(2_000_000);
    const peer = await hosts.serve(breakOff(bytes, 300_000));
    const { store } = await hosts.openStore();
    expect(await new Fetcher(store).fetch(wanted, peer, never)).toMatchObject({ kind: 'fetched' });
    expect((await store.readBlob(wanted.sha256, 1e7))?.equals(bytes)).toBe(true);
    expect(peer.asked.length).toBeGreaterThan(3);
  });

  it('makes the host unreachable when it brings next to nothing each time; the next host goes on from there', async () => {
    const { bytes, wanted } = makeBlob(1_000_000);
    const first = await hosts.serve(breakOff(bytes, 5_000));
    const { store, root } = await hosts.openStore();
    const fetcher = new Fetcher(store);
    expect(await fetcher.fetch(wanted, first, never)).toMatchObject({ why: 'unreachable' });
    expect(readdirSync(join(root, 'parts'))).toEqual([wanted.sha256]);
    const starts: number[] = [];
    const second = await hosts.serve((request, response) => {
      starts.push(rangeStart(request.headers.range));
      breakOff(bytes, 2e6)(request, response);
    });
    expect(await fetcher.fetch(wanted, second, never)).toMatchObject({ kind: 'fetched' });
    expect(starts[0]).toBeGreaterThan(0);
    expect(readdirSync(join(root, 'parts'))).toEqual([]);
  });

  it('makes it unreachable when nobody listens', async () => {
    const { wanted } = makeBlob(1_000_000);
    const peer = await hosts.serve((request) => void request.socket.destroy());
    const { store } = await hosts.openStore();
    expect(await new Fetcher(store).fetch(wanted, peer, never)).toMatchObject({ why: 'unreachable' });
  });

  it('leaves a part that a power cut spoilt: it is fetched anew, and nobody is blamed', async () => {
    const holder = await hosts.openStore();
    const { bytes, wanted } = makeBlob(1_000_000);
    await holder.store.addBytes(bytes);
    const { store, root } = await hosts.openStore();
    writeFileSync(join(root, 'parts', wanted.sha256), Buffer.alloc(400_000));
    const peer = await hosts.serveStore(holder.store);
    expect(await new Fetcher(store).fetch(wanted, peer, never)).toMatchObject({ kind: 'fetched' });
    expect((await store.readBlob(wanted.sha256, 1e7))?.equals(bytes)).toBe(true);
  });

  it('leaves a part that is as long as the whole: it is right or fetched anew', async () => {
    const holder = await hosts.openStore();
    const { bytes, wanted } = makeBlob(1_000_000);
    await holder.store.addBytes(bytes);
    const peer = await hosts.serveStore(holder.store);
    for (const part of [bytes, Buffer.alloc(1_000_000), Buffer.alloc(1_000_001)]) {
      const { store, root } = await hosts.openStore();
      writeFileSync(join(root, 'parts', wanted.sha256), part);
      expect(await new Fetcher(store).fetch(wanted, peer, never)).toMatchObject({ kind: 'fetched' });
    }
    expect(peer.asked.length).toBe(2);
  });
});

describe('a host that gives what it should not', () => {
  it('is blamed for a corrupt file, looks at it again, and offers it no more', async () => {
    const holder = await hosts.openStore();
    const { bytes, wanted } = makeBlob(500_000);
    await holder.store.addBytes(bytes);
    const path = fileOf(holder.root, wanted.sha256);
    chmodSync(path, 0o644);
    writeFileSync(path, Buffer.alloc(500_000));
    const { store, root } = await hosts.openStore();
    const fetcher = new Fetcher(store);
    const peer = await hosts.serveStore(holder.store);
    expect(await fetcher.fetch(wanted, peer, never)).toMatchObject({ why: 'corrupt' });
    expect(readdirSync(join(root, 'parts'))).toEqual([]);
    await eventually(() => holder.losses).toEqual([{ sha256: wanted.sha256, loss: 'corrupt' }]);
    expect(await fetcher.fetch(wanted, peer, never)).toMatchObject({ why: 'gone' });
  });

  it('is blamed when it lies about the size, before it is listened to', async () => {
    const { bytes, wanted } = makeBlob(500_000);
    const { store } = await hosts.openStore();
    const fetcher = new Fetcher(store);
    for (const offered of [bytes.subarray(1), Buffer.concat([bytes, bytes])]) {
      const peer = await hosts.serve((_request, response) => giveWhole(response, offered));
      expect(await fetcher.fetch(wanted, peer, never)).toMatchObject({ why: 'corrupt' });
    }
    const boundless = await hosts.serve((_request, response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write(bytes));
      };
      response.on('drain', pour);
      pour();
    });
    expect(await fetcher.fetch(wanted, boundless, never)).toMatchObject({ why: 'corrupt' });
  });

  it('gets no second chance for the same bytes, but another host does', async () => {
    const { bytes, wanted } = makeBlob(500_000);
    const bad = await hosts.serve((_request, response) => giveWhole(response, Buffer.alloc(500_000)));
    const good = await hosts.serve((_request, response) => giveWhole(response, bytes));
    const { store } = await hosts.openStore();
    const fetcher = new Fetcher(store);
    expect(await fetcher.fetch(wanted, bad, never)).toMatchObject({ why: 'corrupt' });
    expect(bad.asked.filter((line) => line.startsWith('GET')).length).toBe(1);
    expect(await fetcher.fetch(wanted, good, never)).toMatchObject({ kind: 'fetched' });
  });
});

describe('a host that is slow', () => {
  it('is given up when it gives nothing, or next to nothing, and its part is kept', async () => {
    const { bytes, wanted } = makeBlob(1_000_000);
    const silent = await hosts.serve(() => undefined);
    const trickling = await hosts.serve((_request, response) => {
      response.writeHead(200, { 'Content-Length': '1000000' });
      response.write(bytes.subarray(0, 1_000));
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const { store, root } = await hosts.openStore({ paceMs: 200 });
    const fetcher = new Fetcher(store);
    expect(await fetcher.fetch(wanted, silent, never)).toMatchObject({ why: 'unreachable' });
    expect(await fetcher.fetch(wanted, trickling, never)).toMatchObject({ why: 'unreachable' });
    expect(readdirSync(join(root, 'parts'))).toEqual([wanted.sha256]);
  });

  it('is waited for as long as something comes', async () => {
    const { bytes, wanted } = makeBlob(300_000);
    const peer = await hosts.serve((_request, response) => {
      response.writeHead(200, { 'Content-Length': '300000' });
      let at = 0;
      const timer = setInterval(() => {
        response.write(bytes.subarray(at, at + 10_000));
        at += 10_000;
        if (at < bytes.length) return;
        clearInterval(timer);
        response.end();
      }, 100);
    });
    const { store } = await hosts.openStore({ paceMs: 1_500, paceBytes: 1_000 });
    expect(await new Fetcher(store).fetch(wanted, peer, never)).toMatchObject({ kind: 'fetched' });
    expect(peer.asked.length).toBe(1);
  });

  it('may say that it is busy for a while, not for ever', async () => {
    const { bytes, wanted } = makeBlob(300_000);
    let refusals = 0;
    const busy: Serve = (_request, response) => void response.writeHead(503, { 'Retry-After': '0.05' }).end();
    const soon = await hosts.serve((request, response) => {
      refusals += 1;
      if (refusals <= 3) busy(request, response);
      else giveWhole(response, bytes);
    });
    const { store } = await hosts.openStore({ busyMs: 500 });
    const fetcher = new Fetcher(store);
    const patient = await hosts.openStore();
    expect(await new Fetcher(patient.store).fetch(wanted, soon, never)).toMatchObject({ kind: 'fetched' });
    const never2 = await hosts.serve(busy);
    expect(await fetcher.fetch(wanted, never2, never)).toMatchObject({ why: 'unreachable' });
    expect(never2.asked.length).toBeGreaterThan(1);
  });
});

describe('many large files from one host', () => {
  it('all come, a few at a time, and none is given up because the others take long', async () => {
    const holder = await hosts.openStore({ uploadsPerHostMax: 2, uploadsMax: 2 });
    const blobs = Array.from({ length: 8 }, () => makeBlob(1_000_000));
    for (const { bytes } of blobs) await holder.store.addBytes(bytes);
    const peer = await hosts.serveStore(holder.store);
    const { store } = await hosts.openStore({ uploadsPerHostMax: 2, busyMs: 0 });
    const fetcher = new Fetcher(store);
    const stop = new AbortController();
    const last = fetcher.fetch(makeBlob(1_000_000).wanted, peer, stop.signal);
    const fetches = blobs.map(({ wanted }) => fetcher.fetch(wanted, peer, never));
    const unwanted = fetcher.fetch(makeBlob(1_000_000).wanted, peer, stop.signal);
    stop.abort(new Error('enough'));
    await expect(last).rejects.toThrow('enough');
    await expect(unwanted).rejects.toThrow('enough');
    expect((await Promise.all(fetches)).map(({ kind }) => kind)).toEqual(Array(8).fill('fetched'));
    expect(peer.asked.length).toBeLessThanOrEqual(9);
  });
});

describe('a fetch that is not wanted any more', () => {
  it('ends at once also while it waits for others from the same host', async () => {
    const silent = await hosts.serve(() => undefined);
    const { store } = await hosts.openStore({ uploadsPerHostMax: 2 });
    const fetcher = new Fetcher(store);
    const first = fetcher.fetch(makeBlob(1_000_000).wanted, silent, never);
    await eventually(() => silent.asked.length).toBe(1);
    const stop = new AbortController();
    const second = fetcher.fetch(makeBlob(1_000_000).wanted, silent, stop.signal);
    await delay(10);
    stop.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    const ended = expect(first).rejects.toThrow('no more');
    await fetcher.close();
    await ended;
    expect(silent.asked.length).toBe(1);
  });

  it('ends at once, and the next one goes on from what came', async () => {
    const { bytes, wanted } = makeBlob(1_000_000);
    const starts: number[] = [];
    const peer = await hosts.serve((request, response) => {
      starts.push(rangeStart(request.headers.range));
      if (starts.length > 1) return breakOff(bytes, 2e6)(request, response);
      response.writeHead(200, { 'Content-Length': '1000000' });
      response.write(bytes.subarray(0, 600_000));
      return undefined;
    });
    const { store, root } = await hosts.openStore();
    const fetcher = new Fetcher(store);
    const stop = new AbortController();
    const fetching = fetcher.fetch(wanted, peer, stop.signal);
    const other = fetcher.fetch(wanted, peer, AbortSignal.timeout(60_000));
    await eventually(() => readdirSync(join(root, 'parts')).length).toBe(1);
    stop.abort(new Error('not any more'));
    await expect(fetching).rejects.toThrow('not any more');
    const wait = new AbortController();
    const third = fetcher.fetch(wanted, peer, wait.signal);
    wait.abort(new Error('nor I'));
    await expect(third).rejects.toThrow('nor I');
    await delay(100);
    await fetcher.close();
    await expect(other).rejects.toThrow('no more');
    const next = new Fetcher(store);
    expect(await next.fetch(wanted, peer, never)).toMatchObject({ kind: 'fetched' });
    expect(starts[0]).toBe(0);
    expect(starts[1]).toBeGreaterThan(0);
  });
});

describe('no room', () => {
  it('is told before anything is asked for', async () => {
    const { wanted } = makeBlob(1_000_000);
    const peer = await hosts.serve((_request, response) => void response.writeHead(404).end());
    const { store, root } = await hosts.openStore({ hardShare: 0 });
    const fetcher = new Fetcher(store);
    expect(await fetcher.fetch(wanted, peer, never)).toMatchObject({ why: 'full' });
    const small = [makeBlob(10).wanted, makeBlob(10).wanted].map((one) => fetcher.fetch(one, peer, never));
    expect(await Promise.all(small)).toMatchObject([{ why: 'full' }, { why: 'full' }]);
    expect(peer.asked).toEqual([]);
    expect(readdirSync(join(root, 'parts'))).toEqual([]);
  });

  it('is kept for what is under way: two files that do not fit together are not both begun', async () => {
    const { store } = await hosts.openStore();
    const { freeBytes, totalBytes } = await store.room();
    const half = freeBytes - 0.08 * totalBytes - 2 ** 30;
    const first = await store.reserve(half);
    expect(first).not.toBe(undefined);
    expect(await store.reserve(half)).toBe(undefined);
    first?.release();
    const second = await store.reserve(half);
    second?.note(half);
    expect(await store.reserve(half)).not.toBe(undefined);
  });

  it('has the blobs go that were used longest ago, of those that may', async () => {
    const { store, root } = await hosts.openStore({ softShare: 0, hardShare: 1 });
    const [coming, left] = [makeBlob(10), makeBlob(10)];
    writeFileSync(join(root, 'parts', left.wanted.sha256), 'part');
    const intake = await store.receive(coming.wanted.sha256, 10);
    const refs = [];
    for (const text of ['one', 'two', 'three']) {
      refs.push(await store.addBytes(Buffer.from(text)));
      await delay(5);
    }
    const [one, two, three] = refs.map(({ sha256 }) => sha256);
    if (one !== undefined) await store.readBlob(one, 10);
    expect(store.listByUse()).toEqual([two, three, one]);
    const gone = await store.evict((sha256) => sha256 !== three);
    expect(gone.map(({ sha256 }) => sha256)).toEqual([two, one]);
    expect(store.list()).toEqual([three]);
    expect(readdirSync(join(root, 'parts'))).toEqual([coming.wanted.sha256]);
    await intake.close('discard');
    const roomy = await hosts.openStore({ softShare: 1, hardShare: 1 });
    await roomy.store.addBytes(Buffer.from('one'));
    expect(await roomy.store.evict(() => true)).toEqual([]);
  });
});
