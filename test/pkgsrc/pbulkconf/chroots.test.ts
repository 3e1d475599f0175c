import { describe, expect, it } from 'vitest';
import { mapChroots } from '../../../src/pkgsrc/pbulkconf/chroots.ts';

const all = { chroot_create: '/s/mk --rw=/content', chroot_delete: ' /s/rm ', chroot_dir: '/chroot/x' };
const map = (changes: Partial<typeof all> = {}) =>
  mapChroots(new Map(Object.entries({ ...all, ...changes })));

describe('the chroots of a pbulk.conf', () => {
  it('are programs with arguments, split as its shell does', () => {
    expect(map()).toEqual({ kind: 'script', create: ['/s/mk', '--rw=/content'], remove: ['/s/rm'] });
  });

  it('are none without programs, and left out when a part is missing or no program', () => {
    expect(map({ chroot_create: '', chroot_delete: '' })).toEqual({ kind: 'none' });
    expect(map({ chroot_dir: '' })).toMatchObject({ kind: 'left out' });
    expect(map({ chroot_delete: '' })).toMatchObject({ kind: 'left out' });
    expect(map({ chroot_create: 'mksandbox' })).toMatchObject({
      why: expect.stringContaining('"mksandbox"'),
    });
  });
});
