import { describe, expect, it } from 'vitest';
import { findNameTrouble, type NameGround } from '../../../src/sandbox/chroot/names.ts';

const find = (changes: Partial<NameGround> = {}) =>
  findNameTrouble({
    platform: 'darwin',
    driver: 'mounts',
    mirror: 'https://cdn.example.org/pub/distfiles/',
    hosts: '127.0.0.1 localhost\n# 192.0.2.7 cdn.example.org\n',
    ...changes,
  });

describe('names of the network in a chroot', () => {
  it('are no trouble but in chroots of macOS', () => {
    for (const platform of ['linux', 'netbsd', 'sunos'] as const) expect(find({ platform })).toBeUndefined();
    for (const driver of ['linux', 'none'] as const) expect(find({ driver })).toBeUndefined();
  });

  it('need one mirror whose address is in /etc/hosts', () => {
    expect(find()?.what).toContain('/etc/hosts does not know cdn.example.org');
    expect(find({ driver: 'script', mirror: undefined })?.hint).toContain('MASTER_SITE_OVERRIDE');
    expect(find({ mirror: 'none' })?.what).toContain('none is no URL');
    expect(find({ hosts: '192.0.2.7\tmirror CDN.example.org # ours\n' })).toBeUndefined();
    for (const mirror of ['http://192.0.2.7/distfiles', 'http://user@[2001:db8::7]:80/']) {
      expect(find({ mirror })).toBeUndefined();
    }
  });
});
