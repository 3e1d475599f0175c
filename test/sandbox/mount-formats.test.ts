import { describe, expect, it } from 'vitest';
import {
  parseMnttab,
  parseMountinfo,
  parseMountListed,
  parseMountTyped,
} from '../../src/sandbox/mount-formats.ts';

const short = (entries: ReturnType<typeof parseMnttab>) =>
  entries.map(({ source, target, type, options }) => [source, target, type, options.join(' ')]);

describe('the mount table of a system', () => {
  it('of Linux gives names with blanks, what they are bound from, and whether they have peers', () => {
    const text = [
      '22 27 0:21 / /proc rw,nosuid - proc proc rw',
      '29 1 254:0 /srv/a\\040b /mnt/a\\040b ro,relatime shared:7 master:2 - ext4 /dev/vda rw,discard',
      'no such line',
      '',
    ].join('\n');
    expect(parseMountinfo(text)).toEqual([
      expect.objectContaining({ target: '/proc', type: 'proc', isShared: false }),
      {
        target: '/mnt/a b',
        root: '/srv/a b',
        options: ['ro', 'relatime'],
        type: 'ext4',
        source: '/dev/vda',
        superOptions: 'rw,discard',
        isShared: true,
      },
    ]);
  });

  it('of NetBSD is read from mount(8), null mounts and those without options too', () => {
    const text = [
      '/dev/wd0a on / type ffs (log, local)',
      'tmpfs on /var/shm type tmpfs (local)',
      '/usr/src on /slots/build 1/usr type null (read-only, local)',
      'procfs on /proc type procfs',
      '',
    ].join('\n');
    expect(short(parseMountTyped(text))).toEqual([
      ['/dev/wd0a', '/', 'ffs', 'log local'],
      ['tmpfs', '/var/shm', 'tmpfs', 'local'],
      ['/usr/src', '/slots/build 1/usr', 'null', 'ro local'],
      ['procfs', '/proc', 'procfs', ''],
    ]);
  });

  it('of macOS and FreeBSD is read from mount(8)', () => {
    const text = [
      '/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)',
      'map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)',
      '/dev/disk4 on /Volumes/My Disk (1) (hfs, local)',
      'zroot on /slots/a (zfs)',
    ].join('\n');
    expect(short(parseMountListed(text))).toEqual([
      ['/dev/disk3s1s1', '/', 'apfs', 'sealed local ro journaled'],
      ['map auto_home', '/System/Volumes/Data/home', 'autofs', 'automounted nobrowse'],
      ['/dev/disk4', '/Volumes/My Disk (1)', 'hfs', 'local'],
      ['zroot', '/slots/a', 'zfs', ''],
    ]);
  });

  it('of illumos is read from mnttab', () => {
    const text = [
      'rpool/ROOT/x\t/\tzfs\tdev=4410002\t0',
      '/usr\t/slots/a\\040b/usr\tlofs\tro,dev=1\t1700000000',
      '-hosts\tnot absolute\tautofs\tnosuid\t1',
    ].join('\n');
    expect(short(parseMnttab(text))).toEqual([
      ['rpool/ROOT/x', '/', 'zfs', 'dev=4410002'],
      ['/usr', '/slots/a b/usr', 'lofs', 'ro dev=1'],
    ]);
  });
});
