import { describe, expect, it } from 'vitest';
import { type ChrootChoice, chooseChroot, findSystem } from '../../../src/sandbox/chroot/choose.ts';

const choice: ChrootChoice = { stateDir: '/var/bulkmesh', storage: 'disk', systemDirs: ['/usr'] };
const scripts = { chrootDir: '/chroot/pkgsrc', chrootCreate: ['/mk'], chrootDelete: ['/rm'] };
const host = { platform: 'netbsd', uid: 0, hasBindfs: false } as const;

describe('the choice of a driver of chroots', () => {
  it('wants root', () => {
    for (const uid of [1000, undefined]) {
      const chosen = chooseChroot('mounts', choice, { ...host, uid });
      expect(chosen).toMatchObject({ kind: 'fails', code: 'SANDBOX_NO_ROOT' });
    }
  });

  it('wants a system that it has a table for', () => {
    const chosen = chooseChroot('mounts', choice, { ...host, platform: 'win32' });
    expect(chosen).toMatchObject({ kind: 'fails', code: 'SANDBOX_UNSUPPORTED' });
  });

  it('wants all that the driver script is to run', () => {
    for (const missing of ['chrootDir', 'chrootCreate', 'chrootDelete'] as const) {
      const { [missing]: _, ...rest } = scripts;
      const chosen = chooseChroot('script', { ...choice, ...rest }, host);
      expect(chosen).toMatchObject({ kind: 'fails', code: 'SANDBOX_SPEC' });
    }
  });

  it('gives the driver, and says what is lost', () => {
    const mounts = chooseChroot('mounts', choice, host);
    expect(mounts).toMatchObject({ kind: 'works', driver: { kind: 'mounts' } });
    const script = chooseChroot('script', { ...choice, ...scripts }, host);
    expect(script).toMatchObject({ kind: 'works', driver: { kind: 'script' } });
    for (const chosen of [mounts, script]) {
      expect(chosen.kind === 'works' && chosen.warnings.join()).toContain(
        'has the rights of root on this host',
      );
    }
  });

  it('shows directories on macOS by bindfs, and by NFS where there is none', () => {
    const nameOn = (platform: NodeJS.Platform, hasBindfs: boolean) =>
      findSystem({ platform, hasBindfs })?.name;
    expect([nameOn('darwin', true), nameOn('darwin', false)]).toEqual(['macos', 'macos-nfs']);
    expect([nameOn('sunos', false), nameOn('linux', true)]).toEqual(['illumos', 'linux']);
    expect(nameOn('win32', false)).toBeUndefined();
  });
});
