import { describe, expect, it } from 'vitest';
import { findReason } from '../../src/pkgsrc/makeoutput.ts';

describe('the reason in what make printed', () => {
  it('is the makefile that is missing, not that make cannot go on', () => {
    const text = [
      'bmake: "/usr/pkg/etc/mk.conf" line 26: Could not find /content/mk/mk-generic.conf',
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

  it('has no control characters, and is nothing when only the aftermath was printed', () => {
    expect(findReason('\x1b[31mred\x1b[0m\r\n')).toBe('[31mred [0m');
    expect(findReason('\n*** Error code 1\n\nStop.\n')).toBeUndefined();
  });
});
