import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PkgPath, ScanRecord } from '../../../src/pkgsrc/package.ts';
import { ScanFrontier } from '../../../src/pkgsrc/scan/frontier.ts';
import { makeRecord, pkgPath } from '../records.ts';

type Tree = ReadonlyMap<string, readonly ScanRecord[]>;

function treeOf(records: readonly ScanRecord[]): Tree {
  return Map.groupBy(records, (record) => record.pkgpath);
}

/** Scans to the end; `pick` says which of the open paths ends next. */
function scan(
  tree: Tree,
  requested: readonly string[],
  pick: (open: number) => number = () => 0,
): ScanFrontier {
  const frontier = new ScanFrontier(requested.map(pkgPath));
  const open: PkgPath[] = [...frontier.next()];
  while (open.length > 0) {
    const [path] = open.splice(pick(open.length), 1);
    if (path === undefined) throw new Error('nothing picked');
    const records = tree.get(path);
    if (records === undefined) frontier.fail(path);
    else frontier.add(path, records);
    open.push(...frontier.next());
  }
  return frontier;
}

const pathsOf = (frontier: ScanFrontier): string[] => [
  ...new Set(frontier.records().map((record) => record.pkgpath as string)),
];

describe('a limited scan', () => {
  it('asks for the requested paths, then for what each record needs as it arrives', () => {
    const frontier = new ScanFrontier([pkgPath('cat/a'), pkgPath('cat/z')]);
    expect(frontier.next()).toEqual(['cat/a', 'cat/z']);
    expect(frontier.next()).toEqual([]);
    frontier.add(pkgPath('cat/a'), [makeRecord('a-1', { depends: 'b>=1 z>=1' })]);
    expect(frontier.next()).toEqual(['cat/b']);
    expect(frontier.openCount).toBe(2);
  });

  it('follows all variants of a requested path, and of others only those that something needs', () => {
    const tree = treeOf([
      makeRecord('py313x-1', { location: 'cat/x', depends: 'dep313>=1' }),
      makeRecord('py312x-1', { location: 'cat/x', depends: 'dep312>=1' }),
      makeRecord('dep313-1', { location: 'cat/dep313', depends: 'py313y>=1:../../cat/y' }),
      makeRecord('dep312-1'),
      makeRecord('py313y-1', { location: 'cat/y', depends: 'low313>=1' }),
      makeRecord('py312y-1', { location: 'cat/y', depends: 'low312>=1' }),
      makeRecord('low313-1'),
      makeRecord('low312-1'),
    ]);
    const frontier = scan(tree, ['cat/x']);
    expect(pathsOf(frontier)).toEqual(['cat/x', 'cat/dep312', 'cat/dep313', 'cat/low313', 'cat/y']);
  });

  it('activates a record that was there before anything needed it', () => {
    const tree = treeOf([
      makeRecord('a-1', { depends: 'b1>=1:../../cat/both c>=1' }),
      makeRecord('b1-1', { location: 'cat/both' }),
      makeRecord('b2-1', { location: 'cat/both', depends: 'low>=1' }),
      makeRecord('c-1', { depends: 'b2>=1:../../cat/both' }),
      makeRecord('low-1'),
    ]);
    expect(pathsOf(scan(tree, ['cat/a']))).toContain('cat/low');
  });

  it('does not scan for a masked package', () => {
    const tree = treeOf([
      makeRecord('a-1', { depends: 'b>=1' }),
      makeRecord('b-1', { skip: 'x', depends: 'c>=1' }),
    ]);
    expect(scan(tree, ['cat/a']).wantedCount).toBe(2);
  });

  it('goes on when a path fails, and ends', () => {
    const frontier = scan(treeOf([makeRecord('a-1', { depends: 'gone>=1 b>=1' }), makeRecord('b-1')]), [
      'cat/a',
    ]);
    expect(frontier.openCount).toBe(0);
    expect(pathsOf(frontier)).toEqual(['cat/a', 'cat/b']);
  });

  it('ignores answers that nobody asked for or that come twice', () => {
    const frontier = new ScanFrontier([pkgPath('cat/a')]);
    frontier.add(pkgPath('cat/x'), [makeRecord('x-1')]);
    frontier.add(pkgPath('cat/a'), [makeRecord('a-1')]);
    frontier.add(pkgPath('cat/a'), [makeRecord('a-2', { location: 'cat/a' })]);
    expect(frontier.records().map((record) => record.pkgname)).toEqual(['a-1']);
  });

  it('gives the same records in the same order whatever path ends first', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const wish = fc.record({
      version: fc.constantFrom('1', '2'),
      location: fc.constantFrom(...names),
      depends: fc.array(
        fc.tuple(fc.constantFrom('a>=1', 'b>=2', 'c-[0-9]*', '{d,e}>=1'), fc.constantFrom(...names)),
        {
          maxLength: 3,
        },
      ),
    });
    const anyTree = fc.array(fc.tuple(fc.constantFrom(...names), wish), { maxLength: 8 }).map((wishes) =>
      treeOf(
        wishes.map(([base, { version, location, depends }]) =>
          makeRecord(`${base}-${version}`, {
            location: `cat/${location}`,
            depends: depends.map(([pattern, place]) => `${pattern}:../../cat/${place}`).join(' '),
          }),
        ),
      ),
    );
    fc.assert(
      fc.property(anyTree, fc.infiniteStream(fc.nat()), (tree, choices) => {
        const pick = (open: number): number => (choices.next().value ?? 0) % open;
        expect(scan(tree, ['cat/a', 'cat/b'], pick).records()).toEqual(
          scan(tree, ['cat/a', 'cat/b']).records(),
        );
      }),
    );
  });
});
