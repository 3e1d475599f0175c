import { describe, expect, it } from 'vitest';
import { unmountToolsOf } from '../../../src/sandbox/cleanup/tools.ts';

describe('unmounting by the words of a system', () => {
  it('goes from the plain way to force, and on Linux and macOS to what goes beyond', () => {
    const words = (['linux', 'netbsd', 'freebsd', 'sunos', 'darwin'] as const).map((platform) => {
      const { plain, last } = unmountToolsOf(platform);
      return [platform, ...[plain, ...last].map((argv) => argv.join(' '))];
    });
    expect(words).toEqual([
      ['linux', 'umount -c --', 'umount -c -f --', 'umount -c -l --'],
      ['netbsd', 'umount', 'umount -f'],
      ['freebsd', 'umount', 'umount -f'],
      ['sunos', 'umount', 'umount -f'],
      ['darwin', 'umount', 'umount -f', 'diskutil unmount force'],
    ]);
  });

  it('waits longer on macOS, where what comes from the system volume stays busy for minutes', () => {
    expect(unmountToolsOf('darwin').tries).toBeGreaterThan(unmountToolsOf('linux').tries);
  });
});
