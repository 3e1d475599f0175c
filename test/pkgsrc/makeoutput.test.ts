import { describe, expect, it } from 'vitest';
import { findReason } from '../../src/pkgsrc/makeoutput.ts';

describe('the reason in what make printed', () => {
  it('is the makefile that is missing, not that make cannot go on', () => {
    const text = [
      'bmake: "/usr/pkg/etc/mk.conf" line 26: Could not find /content/mk/mk-generic.conf',
      'bmake: "builtin.mk" line 56: warning: Couldn\'t read shell\'s output for "/usr/pkg/bin/nawk"',
      'bmake: Fatal errors encountered -- cannot continue',
      'bmake: stopped in /content/pkgsrc/pkgtools/pkg_install',
      '',
    ].join('\n');
    expect(findReason(text)).toContain('Could not find /content/mk/mk-generic.conf');
  });

  it('is what the tool said below any number of makes, old and new, BSD and GNU', () => {
    const said = 'main.c:3:10: fatal error: gone.h: No such file or directory';
    const text = [
      said,
      'gmake[1]: *** [Makefile:12: main.o] Error 1',
      'gmake[1]: *** Waiting for unfinished jobs....',
      "gmake[1]: Leaving directory '/work/wrk'",
      '*** Error code 2',
      'Stop.',
      '*** [do-build] Error code 1',
      'bmake[1]: stopped in /work/wrk',
    ].join('\n');
    expect(findReason(text)).toBe(said);
  });

  it('is the error of the compiler, not its picture of the place nor the count of errors of a parallel make', () => {
    const said = "lockf.c:230:39: error: 'O_EXLOCK' undeclared (first use in this function)";
    const text = [
      said,
      '  230 |  fd = open(name, O_EXLOCK);',
      '      |                  ^~~~~~~~',
      'lockf.c:230:39: note: each undeclared identifier is reported only once',
      '*** [lockf.o] Error code 1',
      'bmake: stopped in /work/sysutils/lockf/work',
      '1 error',
    ].join('\n');
    expect(findReason(text)).toBe(said);
  });

  it('is the symbol that the linker misses', () => {
    const said = "/usr/bin/ld: pack_dev.c:(.text+0x36c): undefined reference to `minor'";
    expect(findReason(`${said}\ncollect2: error: ld returned 1 exit status\n`)).toBe(said);
  });

  it('has no control characters, and is nothing when only the aftermath was printed', () => {
    expect(findReason('\x1b[31mred\x1b[0m\r\n')).toBe('[31mred [0m');
    expect(findReason('\n*** Error code 1\n\nStop.\n')).toBeUndefined();
  });
});
