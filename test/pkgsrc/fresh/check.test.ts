import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkPkgName, checkPkgPath } from '../../../src/pkgsrc/name.ts';
import type { Settings } from '../../../src/pkgsrc/repository/note.ts';
import { layGround, type PackageSays } from '../repository/support.ts';
import { layShop, type Shop } from './shop.ts';

let shop: Shop;
beforeEach(() => {
  shop = layShop(layGround());
});
afterEach(() => shop.ground.remove());

const id = '$NetBSD: Makefile,v 1.7 2014/01/01 00:00:00 who Exp $';

describe('a package that this program built', () => {
  beforeEach(async () => {
    shop.ground.putFile('cat/lib/Makefile', 'lib');
    shop.ground.putFile('cat/tool/Makefile', 'tool');
    shop.ground.putFile('cat/tool/patches/patch-aa', 'patch');
    shop.ground.putFile('cat/other/files/shared.c', 'shared');
    shop.add('lib-1.0');
    shop.add('tool-1.0', { needs: ['lib-1.0'], dirs: ['cat/other/files'] });
    await shop.buildAll();
  });
  const reasonsOf = async (name = 'tool-1.0') => (await shop.decide()).get(name);

  it('stays while nothing has changed', async () => {
    expect(await shop.decide()).toEqual(
      new Map([
        ['lib-1.0', []],
        ['tool-1.0', []],
      ]),
    );
  });

  it.each<[string, () => void, object]>([
    [
      'a file was edited',
      () => shop.ground.putFile('cat/tool/Makefile', 'TOOL'),
      { path: 'cat/tool/Makefile', change: 'changed' },
    ],
    [
      'a file is gone',
      () => rmSync(join(shop.ground.pkgsrc, 'cat/tool/patches/patch-aa')),
      { path: 'cat/tool/patches/patch-aa', change: 'removed' },
    ],
    [
      'there is a new patch',
      () => shop.ground.putFile('cat/tool/patches/patch-ab', ''),
      { path: 'cat/tool/patches/patch-ab', change: 'added' },
    ],
    [
      'a file that another package has for it was edited',
      () => shop.ground.putFile('cat/other/files/shared.c', '!'),
      { path: 'cat/other/files/shared.c', change: 'changed' },
    ],
    [
      'another package has a new file for it',
      () => shop.ground.putFile('cat/other/files/new.c', '!'),
      { path: 'cat/other/files/new.c', change: 'added' },
    ],
  ])('is built again when %s', async (_, change, reason) => {
    change();
    expect(await reasonsOf()).toEqual([{ kind: 'file', ...reason }]);
    expect(await reasonsOf('lib-1.0')).toEqual([]);
  });

  it.each([
    'cat/tool/patches/patch-aa.orig',
    'cat/tool/patches/notes',
    'cat/tool/.Makefile.swp',
    'cat/tool/Makefile~',
    'cat/tool/work/tool.o',
    'cat/tool/CVS/Entries',
  ])('stays when %s appears, which pkgsrc does not read', async (path) => {
    shop.ground.putFile(path, '');
    expect(await reasonsOf()).toEqual([]);
  });

  it('does not care for times: touched files and nonsense clocks change nothing', async () => {
    for (const path of ['cat/tool/Makefile', 'cat/lib/Makefile'])
      utimesSync(join(shop.ground.pkgsrc, path), 9e9, 9e9);
    utimesSync(shop.ground.fileOf('lib-1.0'), 9e9, 9e9);
    utimesSync(shop.ground.fileOf('tool-1.0'), 1, 1);
    expect(await reasonsOf()).toEqual([]);
  });

  it.each<[string, Settings, string]>([
    ['mk.conf changed', { platform: 'p', '/etc/mk.conf': 'other' }, '/etc/mk.conf'],
    [
      'a fragment is included now',
      { platform: 'p', '/etc/mk.conf': 'c', '/etc/more.mk': 'm' },
      '/etc/more.mk',
    ],
    ['the platform is another', { platform: 'q', '/etc/mk.conf': 'c' }, 'platform'],
  ])('is built again when %s', async (_, settings, name) => {
    shop.settings = settings;
    expect(await reasonsOf()).toEqual([{ kind: 'setting', name }]);
  });

  it('is built again when what it needs is, was, or is there in another version', async () => {
    shop.ground.putFile('cat/lib/Makefile', 'LIB');
    expect(await reasonsOf()).toEqual([{ kind: 'rebuilt', pkgname: 'lib-1.0' }]);
    await shop.build('lib-1.0', 'again');
    expect(await reasonsOf()).toEqual([{ kind: 'newer', pkgname: 'lib-1.0', byTime: false }]);
    shop.rename('lib-1.0', 'lib-1.1');
    expect(await reasonsOf()).toEqual([{ kind: 'version', from: 'lib-1.0', pkgname: 'lib-1.1' }]);
  });

  it('stays though what it needs was built again, where ages are not to be looked at', async () => {
    shop.skipAgeCheck = true;
    await shop.build('lib-1.0', 'again');
    rmSync(shop.ground.fileOf('lib-1.0'));
    expect(await reasonsOf()).toEqual([]);
    expect(await reasonsOf('lib-1.0')).toEqual([{ kind: 'absent' }]);
  });

  it('stays when it needs something more that it was built without', async () => {
    shop.ground.putFile('cat/extra/Makefile', 'extra');
    shop.add('extra-1.0');
    await shop.build('extra-1.0');
    shop.setNeeds('tool-1.0', ['lib-1.0', 'extra-1.0']);
    expect(await reasonsOf()).toEqual([]);
  });

  it('is built again when it does not need any more what it was built with, or was asked for', async () => {
    shop.setNeeds('tool-1.0', []);
    expect(await reasonsOf()).toEqual([{ kind: 'dropped', pkgname: 'lib-1.0' }]);
    shop.asked.add(checkPkgName('lib-1.0'));
    expect(await reasonsOf('lib-1.0')).toEqual([{ kind: 'asked' }]);
  });

  it('is built again when it moved to another directory', async () => {
    shop.ground.putFile('dog/tool/Makefile', 'tool');
    shop.move('tool-1.0', checkPkgPath('dog/tool'));
    expect(await reasonsOf()).toEqual([{ kind: 'moved', from: 'cat/tool' }]);
  });

  it('is built again, with what needs it, when its file is gone or damaged', async () => {
    rmSync(shop.ground.fileOf('lib-1.0'));
    expect(await reasonsOf('lib-1.0')).toEqual([{ kind: 'absent' }]);
    expect(await reasonsOf()).toEqual([{ kind: 'rebuilt', pkgname: 'lib-1.0' }]);
  });
});

describe('a package that another builder made', () => {
  const put = (says: PackageSays = {}): void => {
    shop.ground.putFile('cat/lib/Makefile', 'lib');
    shop.ground.putFile('cat/tool/Makefile', `# ${id}\nNAME=tool\n# $NetBSD: second $\n`);
    shop.add('lib-1.0');
    shop.add('tool-1.0', { needs: ['lib-1.0'] });
    shop.ground.putPackage('lib-1.0');
    shop.ground.putPackage('tool-1.0', {
      files: [`cat/tool/Makefile:\t${id}`],
      buildDepends: ['lib-1.0'],
      ...says,
    });
    utimesSync(shop.ground.fileOf('lib-1.0'), 1000, 1000);
  };
  const reasonsOf = async () => (await shop.decide()).get('tool-1.0');

  it('stays while the first RCS id of each of its files is the one that it was made from', async () => {
    put();
    expect(await reasonsOf()).toEqual([]);
    shop.ground.putFile('cat/tool/Makefile', `# ${id.replace('1.7', '1.8')}\n`);
    expect(await reasonsOf()).toEqual([{ kind: 'file', path: 'cat/tool/Makefile', change: 'changed' }]);
    rmSync(join(shop.ground.pkgsrc, 'cat/tool/Makefile'));
    expect(await reasonsOf()).toEqual([{ kind: 'file', path: 'cat/tool/Makefile', change: 'removed' }]);
  });

  it('is compared by sha256 where it says that instead of an id', async () => {
    put({ files: [`cat/lib/Makefile: ${'0'.repeat(64)}`] });
    expect(await reasonsOf()).toEqual([{ kind: 'file', path: 'cat/lib/Makefile', change: 'changed' }]);
  });

  it('goes by the times of files when one that it was built with is newer, and says so', async () => {
    put();
    utimesSync(shop.ground.fileOf('tool-1.0'), 999, 999);
    expect(await reasonsOf()).toEqual([{ kind: 'newer', pkgname: 'lib-1.0', byTime: true }]);
    shop.skipAgeCheck = true;
    expect(await reasonsOf()).toEqual([]);
  });

  it('is built again when it was built with another version', async () => {
    put({ buildDepends: ['lib-0.9'] });
    expect(await reasonsOf()).toEqual([{ kind: 'version', from: 'lib-0.9', pkgname: 'lib-1.0' }]);
  });
});
