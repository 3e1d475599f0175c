import { describe, expect, it } from 'vitest';
import { identityKey, identityOf } from '../../src/pkgsrc/identity.ts';

describe('what a package is from build to build', () => {
  it('stays when its version changes', () => {
    const old = identityOf({ pkgpath: 'lang/perl5', pkgname: 'perl-5.36.0nb1' });
    expect(identityOf({ pkgpath: 'lang/perl5', pkgname: 'perl-5.38.0' })).toBe(old);
    expect(identityKey('lang/perl5', 'perl')).toBe(old);
  });

  it('is another for another path, and for another variant of one path', () => {
    const names = ['py311-x-1', 'py312-x-1'].map((pkgname) => identityOf({ pkgpath: 'devel/py-x', pkgname }));
    expect(new Set([...names, identityOf({ pkgpath: 'wip/py-x', pkgname: 'py311-x-1' })]).size).toBe(3);
  });
});
