import { describe, expect, it } from 'vitest';
import { makeDependSets } from '../../../agent/build/dependsets.ts';
import { chooseCuts, makeKeys } from '../../../src/pkgsrc/build/dependset.ts';
import { checkPkgName } from '../../../src/pkgsrc/name.ts';

const names = (...texts: string[]) => texts.map((text) => checkPkgName(`${text}-1`));

describe('the order in which dependencies are installed', () => {
  const wants = new Map(
    Object.entries({
      a: ['perl', 'gmake'],
      b: ['perl', 'x11', 'gmake'],
      c: ['zlib', 'perl'],
      d: ['perl', 'gmake'],
    }).map(([name, depends]) => [checkPkgName(`${name}-1`), names(...depends)]),
  );
  const sets = makeDependSets(
    { packages: [...wants.keys()], dependsOf: (name) => wants.get(name) ?? [] },
    { packagesDir: '/nonexistent', pkgSuffix: '.tgz', owner: 'test' },
  );

  it('begins with what most packages of the plan want, then goes by name, and tells who begins alike', () => {
    expect(sets(checkPkgName('b-1'))).toMatchObject({
      order: names('perl', 'gmake', 'x11'),
      shared: [4, 3, 1],
    });
    expect(sets(checkPkgName('c-1'))).toMatchObject({ order: names('perl', 'zlib'), shared: [4, 1] });
    expect(sets(checkPkgName('d-1'))).toMatchObject({ order: names('perl', 'gmake'), shared: [4, 3] });
  });

  it('has no files to tell of while one is not in the repository', async () => {
    expect(await sets(checkPkgName('b-1')).files()).toBeUndefined();
  });
});

describe('where a layer ends', () => {
  it.each<[string, readonly number[], number, readonly number[]]>([
    ['where the last other package goes its own way', [4, 4, 4], 0, [3]],
    ['at the end of what is shared, not of what is not', [4, 4, 1, 1], 0, [2]],
    ['at most twice, also where most others part', [9, 8, 8, 3, 2], 0, [3, 5]],
    ['only behind what is there already', [9, 8, 8, 3, 2], 3, [4, 5]],
    ['nowhere in what no other package shares', [1, 1], 0, []],
    ['nowhere when all is there', [4, 4], 2, []],
  ])('%s', (_, shared, from, cuts) => {
    expect(chooseCuts(shared, from)).toEqual(cuts);
  });
});

describe('the key of what is installed', () => {
  const call = { argv: ['pkg_add', '-K', '/db'], env: { A: '1', B: '2' } };
  const keysOf = (zlibDigest: string, env: Readonly<Record<string, string>> = call.env) => {
    const [perl, zlib] = [checkPkgName('perl-1'), checkPkgName('zlib-1')];
    const files = [new Map([[perl, 'sha256:1']]), new Map([[zlib, zlibDigest]])];
    return makeKeys({ order: [perl, zlib], shared: [2, 2], files: async () => files }, files, {
      ...call,
      env,
    });
  };

  it('is the same for the same files in the same order, and says up to where two lists agree', () => {
    const before = keysOf('sha256:2');
    expect(keysOf('sha256:2', { B: '2', A: '1' })).toEqual(before);
    const after = keysOf('sha256:3');
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect(keysOf('sha256:2', { A: '1' })[0]).not.toBe(before[0]);
  });
});
