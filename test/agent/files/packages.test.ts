import { existsSync, lstatSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFiles } from '../../../agent/files/files.ts';
import { taskName } from '../../../src/core/ids.ts';
import type { Event } from '../../../src/core/input.ts';
import { checkPkgName } from '../../../src/pkgsrc/name.ts';
import { readNote } from '../../../src/pkgsrc/repository/notes.ts';
import { knowPackage } from '../../../src/pkgsrc/repository/repository.ts';
import { eventually, never, sha256Of, useHosts } from '../../artefacts/hosts.ts';
import { type PackageSays, packPackage } from '../../pkgsrc/repository/support.ts';
import { makeMesh, plan, type TestHost } from './hosts.ts';

const hosts = useHosts();

/** A package that this host has, with its note, as after a build. */
const put = async (host: TestHost, name: string, says: PackageSays = {}) => {
  const pkgname = host.ground.putPackage(name, says);
  await knowPackage(host.ground.place, pkgname);
  const bytes = readFileSync(host.ground.fileOf(name));
  return { pkgname, bytes, digest: `sha256:${sha256Of(bytes)}`, sha256: sha256Of(bytes) };
};
const wish = (from: TestHost, name: string, digest: string) =>
  ({ kind: 'fetchFile', planId: plan, task: taskName(name), digests: [digest], from: from.id }) as const;
const drop = (name: string) => ({ kind: 'dropFile', planId: plan, task: taskName(name) }) as const;
const kinds = ({ events }: TestHost): readonly Event['kind'][] => events.map(({ kind }) => kind);
const fileIn = (host: TestHost, name: string): string => host.ground.fileOf(name);

describe('a package that another host built', () => {
  it('is in the repository whole, with its links and what its builder knows of it, in the place of another one', async () => {
    const mesh = makeMesh(hosts);
    mesh.addPackage(checkPkgName('tool-1.0'));
    const [builder, other] = [await mesh.addHost('builder'), await mesh.addHost('other')];
    const { pkgname, bytes, digest } = await put(builder, 'tool-1.0', { info: ['PKGPATH=devel/tool'] });
    const note = readNote(builder.ground.place, pkgname);
    builder.build('tool-1.0', digest, bytes.length);
    other.ground.putPackage('tool-1.0', { salt: 'older' });
    other.files.fetchFile(wish(builder, 'tool-1.0', digest));
    await eventually(() => kinds(other)).toEqual(['fileFetched']);
    expect(readFileSync(fileIn(other, 'tool-1.0'))).toEqual(bytes);
    const link = join(other.ground.place.packagesDir, 'devel', 'tool-1.0.tgz');
    expect(readlinkSync(link)).toBe('../All/tool-1.0.tgz');
    const brought = readNote(other.ground.place, pkgname);
    expect({ ...brought, look: undefined }).toEqual({ ...note, look: undefined });
    expect(await knowPackage(other.ground.place, pkgname)).toEqual({ kind: 'noted', note: brought });
    // What was given without a copy looks as its note says, or it would be read again at each look.
    expect(await knowPackage(builder.ground.place, pkgname)).toMatchObject({ note: { digest } });
    expect(readNote(builder.ground.place, pkgname)?.look.ctimeMs).toBe(
      lstatSync(fileIn(builder, 'tool-1.0')).ctimeMs,
    );
  });

  it('is not fetched again when it is here, and each wish has one answer: also from a host that has other bytes, or none', async () => {
    const mesh = makeMesh(hosts);
    const [builder, other] = [await mesh.addHost('builder'), await mesh.addHost('other')];
    const { bytes, digest } = await put(builder, 'tool-1.0');
    builder.build('tool-1.0', digest, bytes.length);
    other.ground.putPackage('tool-1.0');
    other.files.fetchFile(wish(builder, 'tool-1.0', digest));
    await eventually(() => kinds(other)).toEqual(['fileFetched']);
    expect(builder.asked).toEqual([]);

    builder.build('gone-1.0', `sha256:${'0'.repeat(64)}`, 10);
    other.files.fetchFile(wish(builder, 'gone-1.0', `sha256:${'0'.repeat(64)}`));
    await eventually(() => other.events.at(-1)).toMatchObject({ kind: 'fileNotFetched', why: 'gone' });
    mesh.cut.add(builder.id);
    other.files.fetchFile(wish(builder, 'gone-1.0', `sha256:${'0'.repeat(64)}`));
    other.files.fetchFile(wish(builder, '../evil-1.0', digest));
    await eventually(() => kinds(other).length).toBe(4);
    expect(other.events.slice(2)).toMatchObject([{ why: 'gone' }, { why: 'unreachable' }]);
  });

  it('is answered for when the agent ends', async () => {
    const mesh = makeMesh(hosts);
    const other = await mesh.addHost('other');
    const silent = await mesh.addHost('silent');
    silent.ports.node.setOffer(() => new Promise(() => undefined));
    const digest = `sha256:${'1'.repeat(64)}`;
    silent.build('tool-1.0', digest, 300_000);
    other.files.fetchFile(wish(silent, 'tool-1.0', digest));
    await eventually(() => silent.asked).toHaveLength(1);
    await other.files.stop();
    expect(other.events).toMatchObject([{ kind: 'fileNotFetched', why: 'unreachable', from: 'silent' }]);
  });
});

describe('a package that is to make room', () => {
  it('goes with its links, unless it was there before the build, or all are collected here', async () => {
    const mesh = makeMesh(hosts);
    for (const name of ['mine-1.0', 'new-1.0', 'held-1.0']) mesh.addPackage(checkPkgName(name));
    const builder = await mesh.addHost('builder');
    const other = await mesh.addHost('other', ['mine-1.0']);
    for (const name of ['mine-1.0', 'new-1.0', 'held-1.0']) {
      const { bytes, digest } = await put(builder, name);
      builder.build(name, digest, bytes.length);
      other.files.fetchFile(wish(builder, name, digest));
    }
    await eventually(() => kinds(other)).toHaveLength(3);
    for (const holders of mesh.holders.values()) holders.delete(other.id);
    await other.files.stop();
    // A later life knows what was there before the build, and what the build has put there.
    const later = createFiles(other.ports);
    later.beginPlan(plan);
    for (const name of ['new-1.0', 'mine-1.0']) later.dropFile(drop(name));
    await eventually(() => existsSync(fileIn(other, 'new-1.0'))).toBe(false);
    later.setCollecting(plan, true);
    later.dropFile(drop('held-1.0'));
    await later.stop();
    expect(() => lstatSync(join(other.ground.place.packagesDir, 'devel', 'new-1.0.tgz'))).toThrow('ENOENT');
    for (const name of ['mine-1.0', 'held-1.0']) expect(existsSync(fileIn(other, name))).toBe(true);
  });
});

describe('a file that is lost', () => {
  it('is taken in again from the repository, and told to the core where it cannot be', async () => {
    const mesh = makeMesh(hosts);
    const builder = await mesh.addHost('builder');
    const { bytes, digest, sha256 } = await put(builder, 'tool-1.0');
    builder.build('tool-1.0', digest, bytes.length);
    builder.files.hearLost(sha256);
    await eventually(() => builder.store.has(sha256)).toBe(true);
    await builder.store.drop(sha256);
    // As a disk does that gives other bytes than were written.
    writeFileSync(
      fileIn(builder, 'tool-1.0'),
      bytes.map((byte, at) => (at === 100 ? byte ^ 1 : byte)),
    );
    builder.files.hearLost(sha256);
    await eventually(() => builder.events).toEqual([{ kind: 'fileGone', planId: plan, task: 'tool-1.0' }]);
  });

  it('is told to the core of the host that is asked for it, though it was never in its store', async () => {
    const mesh = makeMesh(hosts);
    const [builder, other] = [await mesh.addHost('builder'), await mesh.addHost('other')];
    const { bytes, digest } = await put(builder, 'tool-1.0');
    builder.build('tool-1.0', digest, bytes.length);
    rmSync(fileIn(builder, 'tool-1.0'));
    other.files.fetchFile(wish(builder, 'tool-1.0', digest));
    await eventually(() => kinds(other)).toEqual(['fileNotFetched']);
    expect(builder.events).toEqual([{ kind: 'fileGone', planId: plan, task: 'tool-1.0' }]);
  });
});

describe('what an installation needs', () => {
  it('is brought from whoever has it, down to the last package that is needed at run time', async () => {
    const mesh = makeMesh(hosts);
    const [base, middle, top] = ['base-1.0', 'middle-1.0', 'top-1.0'].map(checkPkgName);
    if (base === undefined || middle === undefined || top === undefined) throw new Error('names');
    mesh.addPackage(base);
    mesh.addPackage(middle, [base]);
    mesh.addPackage(top, [middle]);
    const keptBytes = packPackage(base);
    mesh.kept.set(base, { sha256: sha256Of(keptBytes), sizeBytes: keptBytes.length });
    const submitter = await mesh.addHost('submitter');
    const [builder, other] = [await mesh.addHost('builder'), await mesh.addHost('other')];
    submitter.ground.putPackage(base);
    const { bytes, digest } = await put(builder, middle, { depends: ['base-[0-9]*'] });
    builder.build(middle, digest, bytes.length);
    mesh.holders.get(middle)?.add(other.id);
    // The user of this host has another one of that name.
    other.ground.putPackage(base, { salt: 'older' });
    expect(await other.files.ensureDepends(plan, [middle], never)).toBeUndefined();
    expect(readFileSync(fileIn(other, base))).toEqual(keptBytes);
    // The core believed the file to be here: it is told that it was not, and now is.
    expect(kinds(other)).toEqual(['fileGone', 'fileFetched']);

    const asked = submitter.asked.length;
    expect(await other.files.ensureDepends(plan, [middle], never)).toBeUndefined();
    expect(submitter.asked).toHaveLength(asked);
    rmSync(fileIn(submitter, base));
    rmSync(fileIn(other, base));
    await Promise.all([submitter, other].map(({ store }) => store.drop(sha256Of(keptBytes))));
    expect(await other.files.ensureDepends(plan, [middle], never)).toMatchObject({ pkgname: base });
  });
});

describe('the host where a build was asked for', () => {
  it('ends with all packages that can be had, also those that came before it collected, and names the others', async () => {
    const mesh = makeMesh(hosts);
    const [builder, home] = [await mesh.addHost('builder'), await mesh.addHost('home')];
    const names = Array.from({ length: 5 }, (_, index) => `tool${index}-1.0`);
    for (const [index, name] of names.entries()) {
      if (index === 3) home.files.setCollecting(plan, true);
      const { bytes, digest } = await put(builder, name);
      builder.build(name, digest, bytes.length);
    }
    await eventually(() => kinds(home)).toEqual(names.map(() => 'fileFetched'));
    for (const name of names) expect(existsSync(fileIn(home, name))).toBe(true);
    expect(await home.files.collected(plan)).toEqual({ missing: [] });
    builder.build('lost-1.0', `sha256:${'0'.repeat(64)}`, 10);
    mesh.cut.add(builder.id);
    const end = home.files.collected(plan);
    await home.files.stop();
    expect(await end).toEqual({ missing: ['lost-1.0'] });
  });
});
