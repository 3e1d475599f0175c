import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkPkgName, checkPkgPath, isPkgName, isPkgPath } from '../../../src/pkgsrc/name.ts';
import type { PackageNote } from '../../../src/pkgsrc/repository/note.ts';
import { formatNote, parseNote } from '../../../src/pkgsrc/repository/noteformat.ts';

const pkgname = checkPkgName('tool-1.0nb2');
const hex = '0123456789abcdef';

/** A note with all that a note can have. */
const full: PackageNote = {
  pkgname,
  pkgpath: checkPkgPath('cat/tool'),
  digest: `sha256:${hex.repeat(4)}`,
  sha512: hex.repeat(8),
  sizeBytes: 4711,
  look: { mtimeMs: 1700000000123.5, ctimeMs: 1700000000124, inode: 12 },
  summary: 'PKGNAME=tool-1.0nb2\nCOMMENT=é\n\n',
  noBinOnFtp: false,
  made: {
    files: [{ path: 'cat/tool/Makefile', id: '$NetBSD$' }],
    buildDepends: [checkPkgName('lib-2.0')],
    options: 'x11',
  },
  built: {
    fileDigests: { 'cat/tool/Makefile': hex },
    dependDigests: { 'lib-2.0': hex },
    settings: { '/etc/mk.conf': hex },
    build: 'b',
    host: 'h',
    atMs: 1700000000000,
  },
};
const found: PackageNote = { ...full, pkgpath: undefined, made: undefined, built: undefined };

/** What a note must be, said a second time. */
const name = z.string().refine(isPkgName);
const texts = z.record(z.string(), z.string());
const schema = z.object({
  form: z.literal(1),
  pkgname: name,
  pkgpath: z.string().refine(isPkgPath).optional(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  sha512: z.string().regex(/^[0-9a-f]{128}$/),
  sizeBytes: z.number().nonnegative(),
  look: z.object({ mtimeMs: z.number(), ctimeMs: z.number(), inode: z.number() }),
  summary: z.string(),
  noBinOnFtp: z.boolean(),
  made: z
    .object({
      files: z.array(z.object({ path: z.string(), id: z.string() })),
      buildDepends: z.array(name),
      options: z.string(),
    })
    .optional(),
  built: z
    .object({
      fileDigests: texts,
      dependDigests: texts,
      settings: texts,
      build: z.string(),
      host: z.string(),
      atMs: z.number(),
    })
    .optional(),
});

function parseBySchema(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const checked = schema.safeParse(value);
  if (!checked.success || checked.data.pkgname !== pkgname) return undefined;
  const { form: _, ...rest } = checked.data;
  return rest;
}

describe('a note of a package', () => {
  it('is read as it was written, with all that is known or with little', () => {
    for (const note of [full, found]) expect(parseNote(formatNote(note), pkgname)).toEqual(note);
  });

  it('is none when it is of another package or of another form', () => {
    expect(parseNote(formatNote(full), checkPkgName('tool-1.1'))).toBeUndefined();
    expect(parseNote(formatNote(full).replace('"form":1', '"form":2'), pkgname)).toBeUndefined();
  });

  it('is none when it is cut short anywhere', () => {
    const text = formatNote(full).trimEnd();
    for (let end = 0; end < text.length; end += 1)
      expect(parseNote(text.slice(0, end), pkgname)).toBeUndefined();
  });

  it('is none when a key would change what an object is', () => {
    const text = formatNote(full).replace('"/etc/mk.conf"', '"__proto__"');
    expect(text).toContain('__proto__');
    expect(parseNote(text, pkgname)).toBeUndefined();
  });

  it('is judged, with any value changed, added or left out, as its schema would', () => {
    const whole: unknown = JSON.parse(formatNote(full));
    const places = listPlaces(whole);
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }).filter((json) => !JSON.stringify(json).includes('__proto__')),
      fc.constantFrom(null, -1, 0, '', 'a/b', 'a-1', [], {}, hex.repeat(8), `sha256:${hex.repeat(4)}`),
      fc.constant(undefined),
    );
    const change = fc.record({ place: fc.constantFrom(...places), extra: fc.boolean(), value });
    const seen = { kept: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const changed = structuredClone(whole);
        for (const one of changes) applyChange(changed, one);
        const text = JSON.stringify(changed);
        const note = parseNote(text, pkgname);
        expect(note).toEqual(parseBySchema(text));
        seen[note === undefined ? 'refused' : 'kept'] += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(seen.kept, seen.refused)).toBeGreaterThan(100);
  });

  it('is judged, with any character changed, as its schema would', () => {
    const text = formatNote(full);
    const at = fc.integer({ min: 0, max: text.length - 1 });
    const character = fc.constantFrom('"', '{', '}', '[', ']', ',', ':', '-', 'e', '9', 'x', '\\', ' ', '/');
    fc.assert(
      fc.property(at, character, (place, put) => {
        const changed = `${text.slice(0, place)}${put}${text.slice(place + 1)}`;
        expect(parseNote(changed, pkgname)).toEqual(parseBySchema(changed));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is none when a number in it is too large to be one', () => {
    const text = formatNote(full).replace('"inode":12', '"inode":1e999');
    expect(text).toContain('1e999');
    expect(parseNote(text, pkgname)).toBeUndefined();
  });
});

type Place = readonly (string | number)[];

/** Every value in it that stands under a key. */
function listPlaces(value: unknown, above: Place = []): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const place = [...above, Array.isArray(value) ? Number(key) : key];
    return [place, ...listPlaces(inner, place)];
  });
}

function applyChange(
  root: unknown,
  { place, extra, value }: { place: Place; extra: boolean; value: unknown },
): void {
  let at = root;
  for (const key of place.slice(0, -1)) {
    if (typeof at !== 'object' || at === null) return;
    at = Reflect.get(at, key);
  }
  if (typeof at !== 'object' || at === null) return;
  const key = extra && !Array.isArray(at) ? 'extra' : (place.at(-1) ?? '');
  if (value === undefined) Reflect.deleteProperty(at, key);
  else Reflect.set(at, key, value);
}
