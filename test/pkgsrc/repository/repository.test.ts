import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkPkgName, checkPkgPath } from '../../../src/pkgsrc/name.ts';
import type { BuiltWith } from '../../../src/pkgsrc/repository/note.ts';
import { notesDir, readNote } from '../../../src/pkgsrc/repository/notes.ts';
import { recordPackage } from '../../../src/pkgsrc/repository/record.ts';
import { knowPackage, loadRepository } from '../../../src/pkgsrc/repository/repository.ts';
import { type Ground, layGround, packPackage } from './support.ts';

let ground: Ground;
beforeEach(() => {
  ground = layGround();
});
afterEach(() => ground.remove());

const tool = checkPkgName('tool-1.0');
const built: BuiltWith = {
  fileDigests: { 'devel/tool/Makefile': 'aa' },
  dependDigests: {},
  settings: { platform: 'p' },
  build: 'b1',
  host: 'h1',
  atMs: 5,
};

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const record = (): Promise<void> => {
  const bytes = readFileSync(ground.fileOf('tool-1.0'));
  const sha512 = createHash('sha512').update(bytes).digest('hex');
  const digests = { digest: digestOf(bytes), sha512, sizeBytes: bytes.length };
  const { place, pkgsrc } = ground;
  return recordPackage({ place, pkgsrc, pkgname: tool, pkgpath: checkPkgPath('devel/tool'), digests, built });
};

const known = async () => {
  const found = await knowPackage(ground.place, tool);
  return found.kind === 'noted' ? found.note : found;
};

describe('the notes of a repository', () => {
  it('say what the builder knew and what the package says, and are whole files beside All', async () => {
    ground.putPackage('tool-1.0', {
      files: ['devel/tool/Makefile:\t$NetBSD: Makefile,v 1.2 $'],
      buildDepends: ['lib-2.0'],
      info: ['PKGPATH=devel/tool', 'PKG_OPTIONS=ssl -x11', 'NO_BIN_ON_FTP=no selling'],
    });
    await record();
    expect(readdirSync(notesDir(ground.place))).toEqual(['tool-1.0.json']);
    const bytes = readFileSync(ground.fileOf('tool-1.0'));
    expect(await known()).toMatchObject({
      pkgname: 'tool-1.0',
      pkgpath: 'devel/tool',
      digest: digestOf(bytes),
      sha512: createHash('sha512').update(bytes).digest('hex'),
      noBinOnFtp: true,
      made: {
        files: [{ path: 'devel/tool/Makefile', id: '$NetBSD: Makefile,v 1.2 $' }],
        buildDepends: ['lib-2.0'],
        options: 'ssl -x11',
      },
      built,
    });
    expect(readNote(ground.place, tool)?.summary).toContain('\nFILE_NAME=tool-1.0.tgz\n');
  });

  it('give a package of another builder a note by opening it once, without what only its builder knows', async () => {
    ground.putPackage('tool-1.0', { info: ['PKGPATH=devel/tool'] });
    expect(await known()).toMatchObject({ pkgpath: 'devel/tool', built: undefined });
    expect(existsSync(join(notesDir(ground.place), 'tool-1.0.json'))).toBe(true);
  });

  it('hold for a copy of the package that has its bytes, whatever its times are', async () => {
    ground.putPackage('tool-1.0');
    await record();
    const file = ground.fileOf('tool-1.0');
    copyFileSync(file, `${file}.copy`);
    rmSync(file);
    copyFileSync(`${file}.copy`, file);
    utimesSync(file, 1, 1);
    expect(await known()).toMatchObject({ built });
  });

  it('notice another file put in the place of the package, with its size and time of modification restored', async () => {
    ground.putPackage('tool-1.0', { salt: 'a' });
    await record();
    const file = ground.fileOf('tool-1.0');
    const { mtime, size } = statSync(file);
    writeFileSync(file, packPackage('tool-1.0', { salt: 'b' }));
    utimesSync(file, mtime, mtime);
    expect(statSync(file).size).toBe(size);
    expect(await known()).toMatchObject({ digest: digestOf(readFileSync(file)), built: undefined });
  });

  it.each([
    ['cut short', (text: string) => text.slice(0, 40)],
    ['of another package', (text: string) => text.replace('"tool-1.0"', '"tool-2.0"')],
    ['empty', () => ''],
    ['with a path for a digest', (text: string) => text.replace(/sha256:[0-9a-f]+/, '../../etc/passwd')],
  ])('count as none when they are %s', async (_, spoil) => {
    ground.putPackage('tool-1.0');
    await record();
    const file = join(notesDir(ground.place), 'tool-1.0.json');
    writeFileSync(file, spoil(readFileSync(file, 'utf8')));
    expect(await known()).toMatchObject({ pkgname: 'tool-1.0', built: undefined });
  });

  it('are read for the whole repository; those whose package is gone go too, and damaged packages are named', async () => {
    ground.putPackage('tool-1.0');
    await record();
    ground.putPackage('lib-2.0');
    ground.putPackage('old-3.0');
    await loadRepository(ground.place);
    rmSync(ground.fileOf('old-3.0'));
    ground.putPackage('cut-1.0');
    truncateSync(ground.fileOf('cut-1.0'), 60);
    writeFileSync(ground.fileOf('other-1.0'), packPackage('else-1.0'));
    const { notes, unreadable } = await loadRepository(ground.place);
    expect([...notes.keys()]).toEqual(['lib-2.0', 'tool-1.0']);
    expect([...unreadable.keys()]).toEqual(['cut-1.0', 'other-1.0']);
    expect(readdirSync(notesDir(ground.place)).sort()).toEqual(['lib-2.0.json', 'tool-1.0.json']);
  });

  it('are none for a repository that is not there', async () => {
    const place = { ...ground.place, packagesDir: join(ground.pkgsrc, 'nowhere') };
    expect((await loadRepository(place)).notes.size).toBe(0);
  });

  it('leave out lines of +BUILD_VERSION that lead out of the tree', async () => {
    ground.putPackage('tool-1.0', { files: ['../../etc/passwd:x', '/etc/passwd:x', 'a/b/Makefile: id'] });
    expect(await known()).toMatchObject({ made: { files: [{ path: 'a/b/Makefile', id: 'id' }] } });
  });
});

describe('notes in a repository that others may write to', () => {
  it('are neither written nor deleted through a link in the place of their directory', async () => {
    const elsewhere = `${ground.place.packagesDir}/../elsewhere`;
    mkdirSync(elsewhere);
    writeFileSync(`${elsewhere}/precious.json`, '{}');
    ground.putPackage('tool-1.0', {});
    rmSync(notesDir(ground.place), { recursive: true, force: true });
    symlinkSync(elsewhere, notesDir(ground.place));
    expect([...(await loadRepository(ground.place)).notes.keys()]).toEqual(['tool-1.0']);
    await expect(record()).rejects.toThrow(/not a directory of its own/);
    expect(readdirSync(elsewhere)).toEqual(['precious.json']);
  });

  it('are not waited for where a pipe lies in the place of one', async () => {
    ground.putPackage('tool-1.0', {});
    await loadRepository(ground.place);
    const note = join(notesDir(ground.place), 'tool-1.0.json');
    rmSync(note);
    execFileSync('mkfifo', [note]);
    expect(readNote(ground.place, tool)).toBeUndefined();
    expect([...(await loadRepository(ground.place)).notes.keys()]).toEqual(['tool-1.0']);
  });
});
