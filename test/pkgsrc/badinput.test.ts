import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchPattern, parsePattern } from '../../src/pkgsrc/pattern.ts';
import { RecordStream } from '../../src/pkgsrc/record.ts';
import { resolveRecords } from '../../src/pkgsrc/resolve.ts';
import { splitPkgName } from '../../src/pkgsrc/version.ts';
import { makeRecord, parseFile, recordText } from './records.ts';

const GOOD = recordText('good-1');

describe('a damaged scan', () => {
  it('cut anywhere loses only the record that is cut, which is reported', () => {
    const text = GOOD + recordText('last-1', { depends: 'good>=1:../../cat/good' });
    fc.assert(
      fc.property(fc.integer({ min: GOOD.length + 1, max: text.length - 1 }), (length) => {
        const { records, malformed } = parseFile(text.slice(0, length));
        const names = records.map(({ pkgname }) => pkgname);
        // At the end of a line nothing shows that more was to come, if what resolving needs is there.
        if (text[length - 1] !== '\n') expect(names).toEqual(['good-1']);
        expect(names[0]).toBe('good-1');
        expect(names.length + malformed.length).toBeGreaterThanOrEqual(2);
      }),
    );
  });

  it('with CR LF says so for each record', () => {
    const { records, malformed } = parseFile(GOOD.replaceAll('\n', '\r\n'));
    expect(records).toEqual([]);
    expect(malformed).toMatchObject([{ reason: 'its lines end in CR LF: convert the file' }]);
  });

  it('with a line of ten megabytes is read, and what is wrong with such a line is told in short', () => {
    const many = 'good>=1:../../cat/good '.repeat(450_000);
    const [, user] = parseFile(GOOD + recordText('user-1', { depends: many })).records;
    expect(user?.allDepends).toHaveLength(450_000);
    const long = 'x'.repeat(10_000_000);
    for (const bad of [
      recordText(`${long}-1`),
      recordText('a-1', { location: long }),
      `PKGNAME=\n${long}\n`,
    ]) {
      const { records, malformed } = parseFile(GOOD + bad);
      expect(records).toHaveLength(1);
      for (const { reason, pkgname } of malformed) expect((reason + pkgname).length).toBeLessThan(400);
    }
    const unresolved = resolveRecords(
      parseFile(recordText('a-1', { depends: `${long}>=1:../../cat/x` })).records,
    );
    expect(unresolved.packages[0]?.state).toEqual({
      kind: 'unresolved',
      reason: expect.stringMatching(/^malformed dependency "x{120}\.\.\.": longer than 4096 characters$/),
    });
  });

  it('of many blank lines is read in one go', () => {
    expect(parseFile(GOOD + '\n'.repeat(300_000) + GOOD).malformed).toEqual([]);
  });

  it('that never comes to a PKGNAME is given up before it fills the memory', () => {
    const stream = new RecordStream({ kind: 'file', path: 'f' });
    const chunk = Buffer.alloc(1 << 22);
    expect(() => {
      for (let pushed = 0; pushed < 100; pushed += 1) stream.push(chunk);
    }).toThrow(/record of over \d+ bytes/);
  });

  it('never makes parsing throw, and never a record whose name is a path or an option', () => {
    const bits = [
      'PKGNAME=',
      'a-1',
      '../x-1',
      '-f-1',
      '\n',
      '=',
      'ALL_DEPENDS=',
      'PKG_SKIP_REASON=\n',
      '\0',
      '\r\n',
    ];
    const piece = fc.oneof(
      fc.constantFrom(...bits, 'PKG_FAIL_REASON=\n', 'PKG_LOCATION=a/b\n', GOOD),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const { records } = parseFile(pieces.join(''));
        for (const { pkgname } of records) expect(pkgname).toMatch(/^[A-Za-z0-9_][^/\s]*$/);
        resolveRecords(records);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a bad word', () => {
  const stateOf = (word: string) => {
    const scan =
      GOOD +
      recordText('user-1', { depends: word }) +
      recordText('other-1', { depends: 'good-1:../../cat/good' });
    const states = resolveRecords(parseFile(scan).records).packages.map(({ state }) => state);
    expect([states[0], states[2]]).toEqual([{ kind: 'buildable' }, { kind: 'buildable' }]);
    return states[1];
  };

  it.each([
    ['without a colon', 'good-1'],
    ['without a pattern', ':../../cat/good'],
    ['that is a path', 'good-1:../../../etc/passwd'],
    ['from outside the tree', 'good-1:/cat/good'],
    ['of open braces', `${'{'.repeat(100)}:../../cat/good`],
    ['of closed braces', '{a,b}}{:../../cat/good'],
    ['of megabytes of braces', `${'{a,'.repeat(1_000_000)}${'}'.repeat(1_000_000)}>=1:../../cat/good`],
    ['of more alternates than can be', `${'{a,b}'.repeat(40)}>=1:../../cat/good`],
  ])('%s fails its own package and no other', (_, word) => {
    expect(stateOf(word)).toMatchObject({
      kind: 'unresolved',
      reason: expect.stringMatching(/^malformed dep/),
    });
  });

  it('of nothing but deep braces is expanded, or refused, at once', () => {
    const deep = `${'{'.repeat(2000)}good${'}'.repeat(2000)}>=1`;
    expect(matchPattern(parsePattern(deep), splitPkgName('good-1'))).toBe(true);
  });

  it('with a version of forty digits keeps its order', () => {
    const big = '1234567890'.repeat(4);
    const records = [
      makeRecord(`a-${big}0`),
      makeRecord(`a-${big}`),
      makeRecord('b-1', { depends: `a>=${big}` }),
      makeRecord('c-1', { depends: `a<${big}0` }),
    ];
    const { packages } = resolveRecords(records);
    expect(packages.map(({ depends }) => depends)).toEqual([[], [], [0], [1]]);
  });
});

it('a presolve resolves to itself', () => {
  const { records } = parseFile(
    GOOD + recordText('a-1', { depends: 'good>=1:../../cat/good', more: 'DEPENDS=wrong-9\n' }),
  );
  expect(resolveRecords(records).packages[1]?.depends).toEqual([0]);
  expect(records[1]?.text).not.toContain('wrong-9');
});

/** A pattern as a tree: literal texts and groups of sequences. */
type Part = string | readonly (readonly Part[])[];

const render = (parts: readonly Part[]): string =>
  parts.map((part) => (typeof part === 'string' ? part : `{${part.map(render).join(',')}}`)).join('');

const expand = (parts: readonly Part[]): readonly string[] =>
  parts.reduce<readonly string[]>(
    (starts, part) => {
      const ends = typeof part === 'string' ? [part] : part.flatMap(expand);
      return starts.flatMap((start) => ends.map((end) => start + end));
    },
    [''],
  );

it('braces stand for what their tree expands to', () => {
  const literal = fc.constantFrom('', 'a', 'b', 'ab');
  const sequence = (depth: number): fc.Arbitrary<readonly Part[]> =>
    fc.array(depth === 0 ? literal : fc.oneof(literal, group(depth - 1)), { maxLength: 3 });
  const group = (depth: number) => fc.array(sequence(depth), { minLength: 1, maxLength: 3 });
  const name = fc.array(fc.constantFrom('a', 'b'), { maxLength: 5 }).map((chars) => chars.join(''));
  fc.assert(
    fc.property(sequence(2), name, (parts, text) => {
      const all = new Set(expand(parts));
      fc.pre(all.size < 1000);
      const parsed = parsePattern(render(parts));
      for (const one of [...all].slice(0, 20).concat(text)) {
        expect(matchPattern(parsed, splitPkgName(one))).toBe(all.has(one));
      }
    }),
    { numRuns: 200 },
  );
});
