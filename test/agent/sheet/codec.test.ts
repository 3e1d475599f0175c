import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createZstdDecompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSheet } from '../../../agent/sheet/decode.ts';
import { encodeSheet } from '../../../agent/sheet/encode.ts';
import type { BuildSheet } from '../../../agent/sheet/sheet.ts';
import type { ScanRecord } from '../../../src/pkgsrc/package.ts';
import { parseRecords, recordBytes } from '../../../src/pkgsrc/record.ts';
import { resolveRecords } from '../../../src/pkgsrc/resolve.ts';
import { hashOf, sheetOf } from './samples.ts';

const DATA = join(import.meta.dirname, '../../../../shared/data/pscan.zst');
const isAbsent = !existsSync(DATA);
const NOTE = isAbsent ? ' (skipped: no recorded data in ../shared/data)' : '';

const source = { kind: 'file', path: 'test' } as const;
const written = [
  ...['PKGNAME=a-1.0', 'PKG_LOCATION=cat/a', 'ALL_DEPENDS=', 'PKG_SKIP_REASON=', 'PKG_FAIL_REASON='],
  ...['NO_BIN_ON_FTP=', 'RESTRICTED=', 'CATEGORIES=cat', 'MAINTAINER=', 'USE_DESTDIR=yes', ''],
].join('\n');

/** What a person would see of a sheet: records as they are printed. */
const look = ({ resolution, ...rest }: BuildSheet) => ({
  ...rest,
  packages: resolution.packages.map(({ record, depends, state }) => ({
    ...{ text: recordBytes(record).toString(), name: record.pkgname, path: record.pkgpath },
    ...{ depends: [...depends], state },
  })),
});

/** Real records from the beginning of the whole tree. */
const readSome = async (): Promise<readonly ScanRecord[]> => {
  const pieces: Buffer[] = [];
  const stream = createReadStream(DATA).pipe(createZstdDecompress());
  for await (const piece of stream) {
    pieces.push(piece);
    if (pieces.length > 100) break;
  }
  const bytes = Buffer.concat(pieces);
  return parseRecords(bytes.subarray(0, bytes.lastIndexOf('\nPKGNAME=') + 1), source).records;
};

describe('a sheet', () => {
  it.skipIf(isAbsent)(`comes over as it was, whatever is in it${NOTE}`, async () => {
    const all = await readSome();
    expect(all.length).toBeGreaterThan(100);
    const line = fc.string({ unit: 'grapheme-ascii' });
    // No file or variable is called so, and what is read drops it.
    const name = line.filter((text) => text !== '__proto__');
    const failure = fc.record({
      pkgpath: fc.constantFrom(...all.map(({ pkgpath }) => pkgpath)),
      reason: fc.string(),
      detail: fc.string(),
    });
    const row = fc.record({
      outside: fc.array(line),
      settings: fc.dictionary(name, line, { noNullPrototype: true }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.subarray([...all]),
        fc.array(failure),
        fc.array(row),
        fc.nat({ max: 2 ** 40 }),
        async (records, failures, settings, sizeBytes) => {
          const resolution = resolveRecords(records);
          const [first] = resolution.packages;
          const kept = new Map(first && [[first.record.pkgname, { sha256: hashOf('7'), sizeBytes }]]);
          const sheet = sheetOf(resolution, { failures, settings, kept });
          const back = await decodeSheet(await encodeSheet(sheet));
          expect(look(back)).toEqual(look(sheet));
        },
      ),
      { numRuns: 8 },
    );
  });

  it('is refused when it is damaged, of another version, too much, or leads out of its places', async () => {
    const { records } = parseRecords(Buffer.from(written), source);
    const bytes = await encodeSheet(sheetOf(resolveRecords(records)));
    const text = zstdDecompressSync(bytes).toString();
    await decodeSheet(bytes);
    const changed = (from: string, to: string): Buffer => {
      expect(text).toContain(from);
      return zstdCompressSync(text.replace(from, () => to));
    };
    const bad = [
      Buffer.from('no sheet'),
      bytes.subarray(0, bytes.length / 2),
      zstdCompressSync(''),
      changed('"format":1', '"format":2'),
      changed('"packages":1,', '"packages":2,'),
      changed('"needs":[]', '"needs":[1]'),
      changed('"pkgsrc":"/usr/pkgsrc"', '"pkgsrc":"/usr/../etc"'),
      changed('"pkgsrc":"/usr/pkgsrc"', '"pkgsrc":"/etc"'),
      changed('/content/cache', '/proc/sys'),
      changed('"buildUser":"builder"', '"buildUser":"-o"'),
      changed('"CFLAGS"', '"A B"'),
      changed(hashOf('2'), `../${hashOf('2').slice(3)}`),
      changed('PKGNAME=a-1.0', 'PKGNAME=../a-1.0'),
      changed('PKG_LOCATION=cat/a\n', ''),
      zstdCompressSync(`${text}${written}`),
    ];
    for (const one of bad) await expect(decodeSheet(one)).rejects.toMatchObject({ code: 'SHEET_BAD' });
  });
});
