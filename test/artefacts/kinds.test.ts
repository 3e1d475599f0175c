import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkDistfile, storeDistfile } from '../../src/artefacts/distfiles.ts';
import { Fetcher } from '../../src/artefacts/fetch/fetcher.ts';
import { storeLog } from '../../src/artefacts/logs.ts';
import { parseSha256 } from '../../src/artefacts/sha256.ts';
import { buildId, planId, taskName } from '../../src/core/ids.ts';
import { canonicalPlan, type Plan } from '../../src/core/plan.ts';
import { never, useHosts } from './hosts.ts';

const hosts = useHosts();

describe('a distfile', () => {
  const text = 'source code';
  const hexOf = (algorithm: string): string => createHash(algorithm).update(text).digest('hex');
  const digests = [
    { algorithm: 'BLAKE2s', hex: hexOf('blake2s256') },
    { algorithm: 'SHA512', hex: hexOf('sha512') },
  ];

  it('is taken in when it is what distinfo says, by size and every digest', async () => {
    const { store } = await hosts.openStore();
    const path = join(hosts.scratch(), 'a.tar.gz');
    writeFileSync(path, text);
    const wrong = { algorithm: 'SHA512', hex: hexOf('sha256') };
    const good = { sizeBytes: text.length, digests };
    for (const sums of [
      { ...good, sizeBytes: 1 },
      { ...good, digests: [...digests, wrong] },
    ]) {
      expect(await storeDistfile(store, path, sums, true)).toBe(undefined);
    }
    expect(store.list()).toEqual([]);
    const blob = await storeDistfile(store, path, { ...good, sizeBytes: undefined }, true);
    expect(blob).toMatchObject({ sizeBytes: text.length, sha256: hexOf('sha256') });
    expect(await checkDistfile(store, path, good)).toBe(true);
  });

  it('is not believed on digests that nobody can make', async () => {
    const { store } = await hosts.openStore();
    const path = join(hosts.scratch(), 'a.tar.gz');
    writeFileSync(path, text);
    for (const sums of [[], [{ algorithm: 'constructor', hex: 'x' }]]) {
      const checking = checkDistfile(store, path, { sizeBytes: undefined, digests: sums });
      await expect(checking).rejects.toMatchObject({ code: 'ARTEFACT_DIGEST_UNKNOWN' });
    }
  });
});

describe('a log', () => {
  it('is kept compressed, and is the same again', async () => {
    const { store } = await hosts.openStore();
    const path = join(hosts.scratch(), 'build.log');
    const lines = 'cc -O2 -c file.c\n'.repeat(100_000);
    writeFileSync(path, lines);
    const { sha256, sizeBytes } = await storeLog(store, path, 1e6);
    expect(sizeBytes).toBeLessThan(lines.length / 100);
    const packed = await store.readBlob(sha256, 1e6);
    expect(zstdDecompressSync(packed ?? Buffer.alloc(0)).toString()).toBe(lines);
    await expect(storeLog(store, path, 10)).rejects.toMatchObject({ code: 'ARTEFACT_TOO_LARGE' });
    await expect(storeLog(store, `${path}x`, 10)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a plan', () => {
  it('is a blob under its own id, and is fetched by it though nobody knows its size', async () => {
    const task = { estimateMs: 1, jobsSafe: true, weight: 100, diskBytes: 0, memoryBytes: 0 };
    const plan: Plan = {
      build: buildId('20260101T000000Z-abcdef'),
      tasks: [{ ...task, name: taskName('a-1'), needs: [] }],
    };
    const bytes = Buffer.from(canonicalPlan(plan));
    const id = planId(createHash('sha256').update(bytes).digest('hex'));
    const [holder, other] = [await hosts.openStore(), await hosts.openStore()];
    expect((await holder.store.addBytes(bytes)).sha256).toBe(id);
    const sha256 = parseSha256(id);
    if (sha256 === undefined) throw new Error('no hash');
    const wanted = { sha256, sizeBytes: undefined, maxBytes: 64e6 };
    const fetching = new Fetcher(other.store).fetch(wanted, await hosts.serveStore(holder.store), never);
    expect(await fetching).toMatchObject({ kind: 'fetched' });
    expect(await other.store.readBlob(sha256, 64e6)).toEqual(bytes);
  });
});
