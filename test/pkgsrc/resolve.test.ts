import { describe, expect, it } from 'vitest';
import type { Resolution, ScanRecord } from '../../src/pkgsrc/package.ts';
import { limitResolution, resolveRecords } from '../../src/pkgsrc/resolve.ts';
import { makeRecord, pkgPath } from './records.ts';

function dependsOf(resolution: Resolution, pkgname: string): readonly string[] | undefined {
  const pkg = resolution.packages.find(({ record }) => record.pkgname === pkgname);
  return pkg?.depends.map((index) => resolution.packages[index]?.record.pkgname ?? 'no such index');
}

function statesOf(records: readonly ScanRecord[]): Record<string, unknown> {
  const { packages } = resolveRecords(records);
  return Object.fromEntries(packages.map(({ record, state }) => [record.pkgname, state]));
}

describe('dependencies', () => {
  const nodes = [makeRecord('node-20.1'), makeRecord('node-25')];

  it('are chosen word by word, so that their order decides between one version and two', () => {
    const loose = makeRecord('a-1', { depends: 'node>=10 node>=20<21' });
    const strict = makeRecord('b-1', { depends: 'node>=20<21 node>=10' });
    const resolution = resolveRecords([loose, strict, ...nodes]);
    expect(dependsOf(resolution, 'a-1')).toEqual(['node-25', 'node-20.1']);
    expect(dependsOf(resolution, 'b-1')).toEqual(['node-20.1']);
  });

  it('come from wherever the best match is, whatever place the word names', () => {
    const user = makeRecord('a-1', { depends: 'node>=10:../../lang/nowhere' });
    expect(dependsOf(resolveRecords([user, ...nodes]), 'a-1')).toEqual(['node-25']);
  });

  it('of a masked package are resolved too, and a masked package can be the best match', () => {
    const records = [
      makeRecord('a-1', { depends: 'node-[0-9]*' }),
      makeRecord('node-26', { fail: '"broken"', depends: 'b>=1' }),
      makeRecord('b-1'),
      ...nodes,
    ];
    const resolution = resolveRecords(records);
    expect(dependsOf(resolution, 'a-1')).toEqual(['node-26']);
    expect(dependsOf(resolution, 'node-26')).toEqual(['b-1']);
  });

  it('of a record that repeats a PKGNAME do not count', () => {
    const resolution = resolveRecords([makeRecord('a-1'), makeRecord('a-1', { depends: 'missing>=1' })]);
    expect(resolution.packages).toHaveLength(1);
    expect(resolution.packages[0]?.state).toEqual({ kind: 'buildable' });
  });
});

describe('a package', () => {
  it('with both reasons is masked by the skip reason', () => {
    expect(statesOf([makeRecord('a-1', { skip: '"no"', fail: '"broken"' })])).toEqual({
      'a-1': { kind: 'masked', by: 'skip', reason: '"no"' },
    });
  });

  it('whose words match nothing or are malformed is unresolved with all reasons, and no other package suffers', () => {
    const records = [
      makeRecord('a-1', { depends: 'x>=1 y-[0-9]* x>=1 {z:../../cat/z b>=1' }),
      makeRecord('b-1'),
      makeRecord('c-1', { depends: 'b>=1' }),
    ];
    expect(statesOf(records)).toEqual({
      'a-1': {
        kind: 'unresolved',
        reason:
          'could not resolve dependency "x>=1"; could not resolve dependency "y-[0-9]*"; ' +
          'malformed dependency "{z:../../cat/z": a { without its }',
      },
      'b-1': { kind: 'buildable' },
      'c-1': { kind: 'buildable' },
    });
    expect(dependsOf(resolveRecords(records), 'a-1')).toEqual([]);
  });

  it('that is masked stays masked when its dependency matches nothing', () => {
    expect(statesOf([makeRecord('a-1', { fail: 'x', depends: 'no>=1' })])).toMatchObject({
      'a-1': { kind: 'masked', by: 'fail' },
    });
  });

  it('above trouble is indirect, any number of levels up, with the packages to blame', () => {
    const states = statesOf([
      makeRecord('top-1', { depends: 'mid>=1 u>=1' }),
      makeRecord('mid-1', { depends: 'm>=1 k>=1 ok>=1' }),
      makeRecord('m-1', { skip: 'x' }),
      makeRecord('k-1', { skip: 'x', depends: 'm>=1' }),
      makeRecord('u-1', { depends: 'gone>=1' }),
      makeRecord('ok-1'),
    ]);
    expect(states).toMatchObject({
      'top-1': { kind: 'indirect', of: 'unresolved', culprits: ['u-1'] },
      'mid-1': { kind: 'indirect', of: 'masked', culprits: ['m-1', 'k-1'] },
      'ok-1': { kind: 'buildable' },
    });
  });

  it('above a fail reason and an unresolved package is blamed on the fail reason', () => {
    const states = statesOf([
      makeRecord('top-1', { depends: 'u>=1 f>=1 s>=1' }),
      makeRecord('f-1', { fail: 'x' }),
      makeRecord('s-1', { skip: 'x' }),
      makeRecord('u-1', { depends: 'gone>=1' }),
    ]);
    expect(states['top-1']).toEqual({ kind: 'indirect', of: 'masked', culprits: ['f-1', 's-1'] });
  });
});

describe('a cycle', () => {
  it('makes each member unresolved with its own shortest way round, and nothing else', () => {
    const states = statesOf([
      makeRecord('a-1', { depends: 'b>=1' }),
      makeRecord('b-1', { depends: 'c>=1 a>=1' }),
      makeRecord('c-1', { depends: 'a>=1 d>=1' }),
      makeRecord('d-1'),
      makeRecord('user-1', { depends: 'a>=1' }),
    ]);
    expect(states).toEqual({
      'a-1': { kind: 'unresolved', reason: 'circular dependency: a-1 -> b-1 -> a-1' },
      'b-1': { kind: 'unresolved', reason: 'circular dependency: b-1 -> a-1 -> b-1' },
      'c-1': { kind: 'unresolved', reason: 'circular dependency: c-1 -> a-1 -> b-1 -> c-1' },
      'd-1': { kind: 'buildable' },
      'user-1': { kind: 'indirect', of: 'unresolved', culprits: ['a-1'] },
    });
  });

  it('of one is a package that needs itself', () => {
    expect(statesOf([makeRecord('a-1', { depends: 'a>=1' })])).toMatchObject({
      'a-1': { kind: 'unresolved', reason: 'circular dependency: a-1 -> a-1' },
    });
  });

  it('that a masked package would close is none', () => {
    expect(
      statesOf([makeRecord('a-1', { depends: 'b>=1' }), makeRecord('b-1', { skip: 'x', depends: 'a>=1' })]),
    ).toMatchObject({
      'a-1': { kind: 'indirect', of: 'masked', culprits: ['b-1'] },
    });
  });

  it('that is long is shown in part', () => {
    const count = 50;
    const records = Array.from({ length: count }, (_, at) =>
      makeRecord(`p${at}-1`, { depends: `p${(at + 1) % count}>=1` }),
    );
    expect(statesOf(records)['p0-1']).toMatchObject({
      reason: expect.stringMatching(/p19-1 -> \(30 more\) -> p0-1$/),
    });
  });
});

describe('a limited build', () => {
  it('keeps the requested paths and what they depend on, with indexes that fit', () => {
    const records = [
      makeRecord('other-1', { depends: 'low>=1' }),
      makeRecord('low-1'),
      makeRecord('a-1', { depends: 'mid>=1 off>=1', location: 'x/want' }),
      makeRecord('a2-1', { location: 'x/want' }),
      makeRecord('mid-1', { depends: 'low>=1' }),
      makeRecord('off-1', { skip: 'x', depends: 'foroff>=1' }),
      makeRecord('foroff-1'),
    ];
    const limited = limitResolution(resolveRecords(records), [pkgPath('x/want')]);
    expect(limited.packages.map(({ record }) => record.pkgname)).toEqual([
      'low-1',
      'a-1',
      'a2-1',
      'mid-1',
      'off-1',
    ]);
    expect(dependsOf(limited, 'a-1')).toEqual(['mid-1', 'off-1']);
    expect(dependsOf(limited, 'mid-1')).toEqual(['low-1']);
  });
});
