import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Examination, examineHost, type Finding } from '../../agent/doctor.ts';
import type { Config } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/load.ts';
import { BulkmeshError } from '../../src/errors.ts';

let dir: string;
let bin: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bulkmesh-doctor-'));
  bin = join(dir, 'bin');
  await mkdir(bin);
  await mkdir(join(dir, 'pkgsrc', 'mk', 'pbulk'), { recursive: true });
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const addProgram = async (name: string): Promise<void> => {
  await writeFile(join(bin, name), '#!/bin/sh\n');
  await chmod(join(bin, name), 0o755);
};
const config = (toml = ''): Promise<Config> => parseConfig(join(dir, 'bulkmesh.toml'), toml);
const host = () => ({ searchPath: bin, uid: 0, platform: 'linux' as const, isWritable: async () => true });
const examine = async (toml = ''): Promise<Examination> =>
  examineHost({ kind: 'loaded', config: await config(toml) }, host());
const pick = (examination: Examination, id: string): Finding | undefined =>
  examination.findings.find((finding) => finding.id === id);

describe('doctor', () => {
  it('names what is missing and the one command that installs it with the package manager at hand', async () => {
    await addProgram('apt-get');
    const found = await examineHost({ kind: 'absent' }, host());
    expect(pick(found, 'bmake')).toMatchObject({ state: 'missing', fix: 'apt-get install bmake' });
    expect(pick(found, 'cc')).toMatchObject({ state: 'missing', fix: 'apt-get install gcc libc6-dev' });
    expect(found.install).toMatch(/^apt-get install bmake gcc libc6-dev/);
  });

  it('uses the words of another package manager, and none where it knows none', async () => {
    const without = await examineHost({ kind: 'absent' }, host());
    expect(pick(without, 'bmake')?.fix).toBe('install bmake');
    expect(without.install).toBeUndefined();
    await addProgram('apk');
    const found = await examineHost({ kind: 'absent' }, host());
    expect(pick(found, 'cc')?.fix).toBe('apk add gcc musl-dev');
  });

  it('takes the make of NetBSD', async () => {
    await addProgram('make');
    const netbsd = await examineHost({ kind: 'absent' }, { ...host(), platform: 'netbsd' });
    expect(pick(netbsd, 'bmake')?.detail).toBe(join(bin, 'make'));
  });

  it('takes the make that is configured only where it is there', async () => {
    await addProgram('bmake');
    const stateOf = async (toml: string) => pick(await examine(`[pkgsrc]\n${toml}`), 'bmake');
    expect(await stateOf(`make = "${bin}/bmake"\n`)).toMatchObject({ state: 'ok' });
    expect(await stateOf('make = "/nowhere/bmake"\n')).toMatchObject({
      state: 'missing',
      detail: expect.stringContaining('/nowhere/bmake'),
      fix: expect.stringContaining('pkgsrc.make'),
    });
    // Builds do not see what the host has in the prefix.
    expect(await stateOf(`prefix = "${bin}"\nmake = "${bin}/bmake"\n`)).toMatchObject({ state: 'missing' });
    expect(await stateOf(`prefix = "${bin}"\n`)).toMatchObject({ state: 'missing' });
  });

  it('looks for make in the kit, and warns when the kit cannot be listed', async () => {
    await mkdir(join(dir, 'root', 'usr', 'pkg', 'bin'), { recursive: true });
    await writeFile(join(dir, 'root', 'usr', 'pkg', 'bin', 'bmake'), '');
    execFileSync('tar', ['-czf', join(dir, 'kit.tgz'), '-C', join(dir, 'root'), './usr']);
    await writeFile(join(dir, 'odd.tgz'), Buffer.from('1f8b08', 'hex'));
    const stateOf = async (toml: string) => pick(await examine(`[pkgsrc]\n${toml}`), 'bmake')?.state;
    expect(await stateOf('bootstrap_kit = "kit.tgz"\n')).toBe('ok');
    expect(await stateOf('bootstrap_kit = "kit.tgz"\nmake = "/usr/pkg/bin/bmake"\n')).toBe('ok');
    expect(await stateOf('bootstrap_kit = "kit.tgz"\nmake = "/usr/pkg/bin/make"\n')).toBe('missing');
    expect(await stateOf('bootstrap_kit = "kit.tgz"\nprefix = "/opt/pkg"\n')).toBe('missing');
    expect(await stateOf('bootstrap_kit = "odd.tgz"\n')).toBe('warning');
    expect(await stateOf('bootstrap_kit = "odd.tgz"\nmake = "/usr/pkg/bin/bmake"\n')).toBe('warning');
  });

  it('names each directory that builds cannot write, or that cannot be made, by its key', async () => {
    expect(pick(await examine(), 'directories')?.state).toBe('ok');
    const toml = `[paths]\nbulklog = "${dir}/file/logs"\ndistfiles = "${bin}/a/b"\n`;
    const unwritable = { ...host(), isWritable: async (path: string) => path !== bin };
    const state = { kind: 'loaded', config: await config(toml) } as const;
    await writeFile(join(dir, 'file'), '');
    const found = await examineHost(state, unwritable);
    expect(pick(found, 'directories')).toBeUndefined();
    expect(pick(found, 'paths.bulklog')).toMatchObject({
      state: 'missing',
      detail: `${dir}/file/logs cannot be made: ${dir}/file is no directory`,
    });
    expect(pick(found, 'paths.distfiles')).toMatchObject({
      state: 'missing',
      detail: `${bin}/a/b cannot be made: ${bin} is not writable`,
      fix: expect.stringContaining('paths.distfiles'),
    });
    expect(pick(found, 'paths.state')).toBeUndefined();
  });

  it('misses without isolation a prefix that can be written and holds nothing of the host', async () => {
    await addProgram('cc');
    const toml = (prefix: string) =>
      `[sandbox]\ndriver = "none"\n[pkgsrc]\nprefix = "${prefix}"\npkg_dbdir = "${prefix}/pkgdb"\n`;
    expect(pick(await examine(toml(join(dir, 'prefix'))), 'prefix')?.state).toBe('ok');
    expect(pick(await examine(toml(bin)), 'pkgsrc.prefix')).toMatchObject({
      state: 'missing',
      detail: expect.stringContaining('content that is not ours'),
    });
    const unwritable = { ...host(), isWritable: async () => false };
    const state = { kind: 'loaded', config: await config(toml(join(dir, 'prefix'))) } as const;
    expect(pick(await examineHost(state, unwritable), 'pkgsrc.prefix')?.detail).toContain('is not writable');
  });

  it('tells a tree that can be scanned from one that cannot', async () => {
    expect(pick(await examine(), 'tree')).toMatchObject({ state: 'missing' });
    await writeFile(join(dir, 'pkgsrc', 'mk', 'pbulk', 'pbulk-index.mk'), 'pbulk-index:\n');
    expect(pick(await examine(), 'tree')).toMatchObject({ state: 'ok' });
  });

  it.each([
    ['gzip', '1f8b0800', 'ok'],
    ['xz', 'fd377a585a0000', 'ok'],
    ['bzip2', '425a6839', 'ok'],
    ['zstd', '28b52ffd04', 'ok'],
    ['tar', `${'00'.repeat(257)}7573746172`, 'ok'],
    ['text', '68656c6c6f', 'missing'],
    ['nothing', '', 'missing'],
  ])('looks into the bootstrap kit: %s', async (_name, hex, state) => {
    await writeFile(join(dir, 'kit'), Buffer.from(hex, 'hex'));
    expect(pick(await examine('[pkgsrc]\nbootstrap_kit = "kit"\n'), 'kit')?.state).toBe(state);
  });

  it('misses the kit only where the system has no pkg_add', async () => {
    expect(pick(await examine(), 'kit')?.state).toBe('missing');
    await addProgram('pkg_add');
    expect(pick(await examine(), 'kit')?.state).toBe('ok');
  });

  it('misses a build user that does not exist', async () => {
    const found = await examine('[pkgsrc]\nbuild_user = "nobody-of-that-name"\n');
    expect(pick(found, 'user')).toMatchObject({ state: 'missing', fix: expect.stringContaining('useradd') });
  });

  it('gives the words of a configuration that is broken', async () => {
    const error = new BulkmeshError('CONFIG_INVALID', 'line 3: no such key', { hint: 'look there' });
    const found = await examineHost({ kind: 'broken', error }, host());
    expect(pick(found, 'config')).toMatchObject({
      state: 'missing',
      detail: 'line 3: no such key',
      fix: 'look there',
    });
    expect(pick(found, 'tree')).toBeUndefined();
  });

  it('leaves nothing behind, not even the state directory', async () => {
    const before = (await readdir(dir)).toSorted();
    await examine();
    expect((await readdir(dir)).toSorted()).toEqual(before);
  });
});
