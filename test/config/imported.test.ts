import fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { fileSchema } from '../../src/config/fileSchema.ts';
import { renderTemplate } from '../../src/config/template.ts';
import { mapPbulkConf } from '../../src/pkgsrc/pbulkconf/mapping.ts';
import { knownNames } from '../../src/pkgsrc/pbulkconf/meanings.ts';

describe('a configuration made of a pbulk.conf', () => {
  it('is read again as what it was, whatever the values are', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('yes', 'no', '/a/b', '12', 'http://x/'),
    );
    const value = text.map((each) => each.replaceAll('\0', '').toWellFormed());
    const variables = fc.dictionary(fc.constantFrom(...knownNames(), 'our_own'), value);
    const letters = fc.dictionary(
      fc.constantFrom('t', 'n', 'p', 'u', 'v', 'f', 'c'),
      fc.stringMatching(/^\w{1,20}$/),
    );
    fc.assert(
      fc.property(variables, letters, (names, limits) => {
        const conf = { variables: new Map(Object.entries(names)), ulimits: new Map(Object.entries(limits)) };
        const { values } = mapPbulkConf(conf, '/etc/pbulk.conf', () => 'file');
        const root = parse(renderTemplate(values));
        for (const [key, each] of Object.entries(values)) {
          expect(key.split('.').reduce((at: unknown, part) => Object(at)[part], root)).toEqual(each);
        }
        const issues = fileSchema.safeParse(root).error?.issues ?? [];
        // Sizes out of range are told when the values are checked; their form is always right.
        expect(issues.filter(({ code }) => code !== 'too_big' && code !== 'too_small')).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
