import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDigest, parseSha256, type Sha256 } from '../../src/artefacts/sha256.ts';
import { scrubStore } from '../../src/artefacts/store/scrub.ts';
import { makeBlob, never, sha256Of, useHosts } from './hosts.ts';

const hosts = useHosts();
const fileOf = (root: string, sha256: Sha256): string => join(root, 'blobs', sha256.slice(0, 2), sha256);
const overwrite = (path: string, text: string): void => {
  chmodSync(path, 0o644);
  writeFileSync(path, text);
};

describe('the name of a blob', () => {
  it('is never a path, nor anything else but a hash', () => {
    const hash = sha256Of(Buffer.from('x'));
    expect(parseDigest(`sha256:${hash}`)).toBe(hash);
    const others = [
      `../${hash}`,
      `${hash}/..`,
      hash.toUpperCase(),
      hash.slice(1),
      `${hash}\n`,
      '',
      '../../etc/passwd',
    ];
    for (const text of others) expect(parseSha256(text)).toBe(undefined);
    expect(parseDigest(`sha512:${hash}`)).toBe(undefined);
  });
});

describe('a store', () => {
  it('keeps what comes as a stream under its hash, whole, for the next start too', async () => {
    const { store, root } = await hosts.openStore();
    const bytes = randomBytes(3_000_000);
    const ref = await store.addStream([bytes.subarray(0, 1_234_567), bytes.subarray(1_234_567)], 1e7);
    expect(ref).toEqual({ sha256: sha256Of(bytes), sizeBytes: bytes.length });
    expect(readFileSync(fileOf(root, ref.sha256)).equals(bytes)).toBe(true);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
    const again = await hosts.openStore({}, root);
    expect(again.store.list()).toEqual([ref.sha256]);
    expect((await again.store.readBlob(ref.sha256, 1e7))?.equals(bytes)).toBe(true);
    expect(await again.store.readBlob(ref.sha256, 10)).toBe(undefined);
  });

  it('keeps an empty file as any other', async () => {
    const { store } = await hosts.openStore();
    const { sha256 } = await store.addBytes(new Uint8Array());
    expect((await store.readBlob(sha256, 10))?.length).toBe(0);
  });

  it('refuses a stream that is longer than it may be, or that breaks, and keeps nothing of it', async () => {
    const { store, root } = await hosts.openStore();
    await expect(store.addStream([randomBytes(100)], 99)).rejects.toMatchObject({
      code: 'ARTEFACT_TOO_LARGE',
    });
    const broken = async function* () {
      yield randomBytes(1_000_000);
      throw new Error('the cable');
    };
    await expect(store.addStream(broken(), 1e9)).rejects.toThrow('the cable');
    expect(store.list()).toEqual([]);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  });

  it('takes in a built package without a second copy where it may, and else copies it', async () => {
    const { store, root } = await hosts.openStore();
    const path = join(hosts.scratch(), 'a-1.tgz');
    writeFileSync(path, 'package a');
    const linked = await store.addFile(path, { mayLink: true });
    expect(linked).toMatchObject({ isLinked: true, sizeBytes: 9 });
    expect(statSync(fileOf(root, sha256Of(Buffer.from('package a')))).ino).toBe(statSync(path).ino);
    const other = join(hosts.scratch(), 'b-1.tgz');
    writeFileSync(other, 'package b');
    expect(await store.addFile(other, { mayLink: false })).toMatchObject({ isLinked: false });
    expect(statSync(other).nlink).toBe(1);
    expect(await store.addFile(other, { mayLink: true, expected: sha256Of(Buffer.from('package a')) })).toBe(
      undefined,
    );
    expect(statSync(other).nlink).toBe(1);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  });

  it('takes in no link, directory or pipe that lies where a package should', async () => {
    const { store, root } = await hosts.openStore();
    const dir = hosts.scratch();
    symlinkSync('/etc/passwd', join(dir, 'link'));
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    for (const path of [join(dir, 'link'), join(dir, 'pipe'), dir, join(dir, 'absent')]) {
      for (const mayLink of [true, false]) {
        await expect(store.addFile(path, { mayLink })).rejects.toMatchObject({ name: 'BulkmeshError' });
      }
    }
    expect(store.list()).toEqual([]);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  });

  it('puts a blob in a place as a link or a copy, over what was there', async () => {
    const { store, root } = await hosts.openStore();
    const { sha256 } = await store.addBytes(Buffer.from('bytes'));
    const dir = hosts.scratch();
    const place = { target: join(dir, 'f'), temporary: join(dir, '.tmp'), mayLink: true, mode: 0o640 };
    writeFileSync(place.target, 'older');
    expect(await store.place(sha256, place)).toBe(true);
    expect(statSync(place.target).ino).toBe(statSync(fileOf(root, sha256)).ino);
    expect(await store.place(sha256, place)).toBe(true);
    expect(await store.place(sha256, { ...place, mayLink: false })).toBe(true);
    expect(statSync(place.target)).toMatchObject({ mode: 0o100640, nlink: 1 });
    expect(readdirSync(dir)).toEqual(['f']);
    expect(await store.place(sha256Of(Buffer.from('else')), place)).toBe(false);
  });

  it('that has been closed takes nothing more, and keeps nobody waiting who was at it', async () => {
    const { store } = await hosts.openStore();
    const intake = await store.receive(makeBlob(10).wanted.sha256, 1e9);
    const { sha256 } = await store.addBytes(randomBytes(50_000_000));
    const scrubbing = expect(store.recheck(sha256, 1e6)).rejects.toMatchObject({ code: 'ARTEFACT_IO' });
    await store.close();
    await scrubbing;
    while (await intake.write(randomBytes(200_000)));
    await expect(intake.commit()).rejects.toMatchObject({ code: 'ARTEFACT_IO' });
    await expect(store.addBytes(randomBytes(10))).rejects.toMatchObject({ code: 'ARTEFACT_IO' });
  });

  it('forgets what is dropped, and leaves other names of the file alone', async () => {
    const { store } = await hosts.openStore();
    const path = join(hosts.scratch(), 'a');
    writeFileSync(path, 'a');
    const added = await store.addFile(path, { mayLink: true });
    const sha256 = added?.sha256 ?? sha256Of(Buffer.alloc(0));
    expect([await store.drop(sha256), await store.drop(sha256)]).toEqual([true, false]);
    expect(readFileSync(path, 'utf8')).toBe('a');
    expect(store.has(sha256)).toBe(false);
  });
});

describe('a blob of an earlier life', () => {
  it('is hashed at its first use: what has changed goes to quarantine and is told', async () => {
    const first = await hosts.openStore();
    const good = await first.store.addBytes(Buffer.from('good'));
    const bad = await first.store.addBytes(Buffer.from('fine'));
    const gone = await first.store.addBytes(Buffer.from('gone'));
    overwrite(fileOf(first.root, bad.sha256), 'evil');
    const { store, root, losses } = await hosts.openStore({}, first.root);
    expect(store.list().length).toBe(3);
    await first.store.drop(gone.sha256);
    expect(await store.readBlob(good.sha256, 10)).toEqual(Buffer.from('good'));
    expect(await store.readBlob(bad.sha256, 10)).toBe(undefined);
    expect(await store.readBlob(gone.sha256, 10)).toBe(undefined);
    expect(losses).toEqual([
      { sha256: bad.sha256, loss: 'corrupt' },
      { sha256: gone.sha256, loss: 'missing' },
    ]);
    expect(store.list()).toEqual([good.sha256]);
    const [kept = ''] = readdirSync(join(root, 'quarantine'));
    expect(readFileSync(join(root, 'quarantine', kept), 'utf8')).toBe('evil');
  });

  it('is compared by its size at once', async () => {
    const { store, losses } = await hosts.openStore();
    const here = await store.addBytes(Buffer.from('here'));
    const short = await store.addBytes(Buffer.from('sho'));
    const absent = sha256Of(Buffer.from('absent'));
    const refs = [here, { ...short, sizeBytes: 5 }, { sha256: absent, sizeBytes: 6 }];
    expect(await store.confirm(refs)).toEqual([here.sha256]);
    expect(losses).toEqual([{ sha256: short.sha256, loss: 'corrupt' }]);
  });

  it('is found bad by the scrub though nobody uses it', async () => {
    const first = await hosts.openStore();
    const bad = await first.store.addBytes(randomBytes(5_000_000));
    await first.store.addBytes(randomBytes(1_000));
    overwrite(fileOf(first.root, bad.sha256), 'x');
    const { store, losses } = await hosts.openStore({ scrubBytesPerSecond: 1e9 }, first.root);
    expect(await scrubStore(store, never)).toEqual({ checked: 2, lost: 1 });
    expect(losses).toEqual([{ sha256: bad.sha256, loss: 'corrupt' }]);
  });
});

describe('a start', () => {
  it('removes what a crash left half made, and parts that are too old', async () => {
    const { root } = await hosts.openStore();
    const [young, old] = [makeBlob(10).wanted.sha256, makeBlob(10).wanted.sha256];
    writeFileSync(join(root, 'tmp', 'half'), 'half');
    for (const part of [young, old]) writeFileSync(join(root, 'parts', part), 'part');
    utimesSync(join(root, 'parts', old), 1, 1);
    await hosts.openStore({}, root);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
    expect(readdirSync(join(root, 'parts'))).toEqual([young]);
  });

  it('moves planted links and odd names aside, and never follows one', async () => {
    const { store, root } = await hosts.openStore();
    const { sha256 } = await store.addBytes(Buffer.from('mine'));
    const outside = hosts.scratch();
    writeFileSync(join(outside, 'precious'), 'precious');
    const dir = join(root, 'blobs', sha256.slice(0, 2));
    const other = `${sha256.slice(0, 2)}${'0'.repeat(62)}`;
    symlinkSync(join(outside, 'precious'), join(dir, other));
    const head = join(root, 'blobs', sha256.startsWith('00') ? '01' : '00');
    rmdirSync(head);
    symlinkSync(outside, head);
    writeFileSync(join(root, 'blobs', 'odd'), 'odd');
    writeFileSync(join(dir, 'README'), 'odd');
    mkdirSync(join(dir, 'f'.repeat(64)));
    symlinkSync(join(outside, 'precious'), join(root, 'parts', other));
    symlinkSync(outside, join(root, 'tmp', 'x'));
    mkdirSync(join(root, 'tmp', 'y'));
    const again = await hosts.openStore({}, root);
    expect(again.store.list()).toEqual([sha256]);
    expect(again.odd.length).toBe(7);
    expect(lstatSync(head).isDirectory()).toBe(true);
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('precious');
    expect(readdirSync(outside)).toEqual(['precious']);
  });

  it('refuses a store that is a link to somewhere, or that others could swap', async () => {
    const { root } = await hosts.openStore();
    const elsewhere = hosts.scratch();
    const linked = join(hosts.scratch(), 'linked');
    mkdirSync(linked);
    symlinkSync(elsewhere, join(linked, 'blobs'));
    await expect(hosts.openStore({}, linked)).rejects.toMatchObject({ code: 'ARTEFACT_IO' });
    expect(readdirSync(elsewhere)).toEqual([]);
    const open = join(hosts.scratch(), 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    await expect(hosts.openStore({}, join(open, 'store'))).rejects.toMatchObject({
      code: 'ARTEFACT_ROOT_NOT_SAFE',
    });
    expect(existsSync(root)).toBe(true);
  });
});

describe('a part', () => {
  it('that is a link, or another name of some file, is not written through', async () => {
    const { store, root } = await hosts.openStore();
    const outside = join(hosts.scratch(), 'precious');
    writeFileSync(outside, 'precious');
    for (const plant of [symlinkSync, linkSync]) {
      const { bytes, wanted } = makeBlob(50);
      plant(outside, join(root, 'parts', wanted.sha256));
      const intake = await store.receive(wanted.sha256, 50);
      expect(intake.sizeBytes).toBe(0);
      await intake.write(bytes);
      expect(await intake.commit()).toMatchObject({ kind: 'stored' });
      expect(lstatSync(fileOf(root, wanted.sha256)).isFile()).toBe(true);
    }
    expect(readFileSync(outside, 'utf8')).toBe('precious');
  });
});
