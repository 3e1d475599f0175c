import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { WantedDistfile } from '../../../src/pkgsrc/build/distfiles.ts';
import { eventually, never, useHosts } from '../../artefacts/hosts.ts';
import { makeMesh, type TestHost } from './hosts.ts';

const hosts = useHosts();

const fileOf = ({ ports }: TestHost, name: string): string => join(ports.distDir, name);
const putFile = (host: TestHost, name: string, bytes: string): void => {
  mkdirSync(dirname(fileOf(host, name)), { recursive: true });
  writeFileSync(fileOf(host, name), bytes);
};
const want = (name: string, bytes: string): WantedDistfile => ({
  name,
  sizeBytes: bytes.length,
  digests: [{ algorithm: 'SHA512', hex: createHash('sha512').update(bytes).digest('hex') }],
});
const bring = async (host: TestHost, ...files: readonly WantedDistfile[]) => {
  const notes: string[] = [];
  const wanted = { dir: host.ports.distDir, files };
  const lease = await host.files.bringDistfiles(wanted, async (line) => void notes.push(line), never);
  return { lease, notes };
};

describe('a distribution file that another host has', () => {
  it('comes from there when it is what distinfo says, and from nobody who has something else', async () => {
    const mesh = makeMesh(hosts);
    const [holder, liar, other] = [
      await mesh.addHost('holder'),
      await mesh.addHost('liar'),
      await mesh.addHost('other'),
    ];
    putFile(holder, 'sub/tool-1.0.tar.gz', 'right');
    putFile(liar, 'sub/tool-1.0.tar.gz', 'wrong');
    putFile(liar, 'evil-1.0.tar.gz', 'wrong');
    putFile(other, 'sub/tool-1.0.tar.gz', 'par');
    // Nothing is put through a link that somebody left in DISTDIR.
    const elsewhere = hosts.scratch();
    symlinkSync(elsewhere, fileOf(other, 'link'));
    putFile(holder, 'link/tool-2.0.tar.gz', 'right');
    const names = ['sub/tool-1.0.tar.gz', 'evil-1.0.tar.gz', 'link/tool-2.0.tar.gz'];
    const { notes } = await bring(other, ...names.map((name) => want(name, 'right')));
    expect(readFileSync(fileOf(other, 'sub/tool-1.0.tar.gz'), 'utf8')).toBe('right');
    expect(existsSync(fileOf(other, 'evil-1.0.tar.gz'))).toBe(false);
    expect(existsSync(join(elsewhere, 'tool-2.0.tar.gz'))).toBe(false);
    expect(notes).toEqual(['sub/tool-1.0.tar.gz came from holder']);
    // It lies once on each disk.
    expect(other.store.list()).toEqual([]);
  });
});

describe('a distribution file that nobody has', () => {
  it('is got from outside by one host, while the others wait for it: or go on when that one gave it up', async () => {
    const mesh = makeMesh(hosts);
    const [first, second, leader] = [
      await mesh.addHost('first'),
      await mesh.addHost('second'),
      await mesh.addHost('leader'),
    ];
    mesh.leader = leader.id;
    const files = [want('a.tar.gz', 'aa'), want('b.tar.gz', 'bb')];
    const { lease } = await bring(first, ...files);
    const notes: string[] = [];
    const waiting = second.files.bringDistfiles(
      { dir: second.ports.distDir, files: files.toReversed() },
      async (line) => void notes.push(line),
      never,
    );
    await eventually(() => notes).toEqual(['waits for a.tar.gz, which first gets']);
    putFile(first, 'a.tar.gz', 'aa');
    lease[Symbol.dispose]();
    // The second file was given up: it is the turn of the one that waited.
    const theirs = await waiting;
    expect(notes.slice(1)).toEqual(['a.tar.gz came from first']);
    expect(readFileSync(fileOf(second, 'a.tar.gz'), 'utf8')).toBe('aa');
    const own = bring(leader, want('b.tar.gz', 'bb'));
    putFile(second, 'b.tar.gz', 'bb');
    theirs[Symbol.dispose]();
    await own;
    expect(readFileSync(fileOf(leader, 'b.tar.gz'), 'utf8')).toBe('bb');
    // Without a coordinator nobody is waited for.
    mesh.cut.add(leader.id);
    const alone = await Promise.all([first, second].map((host) => bring(host, want('c.tar.gz', 'cc'))));
    for (const { notes: said } of alone) expect(said).toEqual([]);
  });
});
