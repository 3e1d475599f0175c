import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createZstdDecompress } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PackageState, Resolution } from '../../src/pkgsrc/package.ts';
import { presolvePieces } from '../../src/pkgsrc/presolve.ts';
import { readPscan } from '../../src/pkgsrc/pscan.ts';
import type { ScanOutput } from '../../src/pkgsrc/record.ts';
import { resolveRecords } from '../../src/pkgsrc/resolve.ts';

const DATA = join(import.meta.dirname, '../../../shared/data');
const isAbsent = !existsSync(join(DATA, 'pscan.zst'));
const NOTE = isAbsent ? ' (skipped: no recorded data in ../shared/data)' : '';
const WAIT_MS = 120_000;

describe.skipIf(isAbsent)(`the recorded scan of a whole tree${NOTE}`, () => {
  let scanned: ScanOutput;
  let resolution: Resolution;
  beforeAll(async () => {
    scanned = await readPscan(join(DATA, 'pscan.zst'));
    resolution = resolveRecords(scanned.records);
  }, WAIT_MS);

  it('is read without a record refused', () => {
    expect(scanned.malformed).toEqual([]);
    expect(scanned.records).toHaveLength(29_022);
  });

  it('ends with the published number of packages in each state', () => {
    const counts: Record<string, number> = {};
    for (const { state } of resolution.packages) {
      const word = stateWord(state, resolution);
      counts[word] = (counts[word] ?? 0) + 1;
    }
    expect(counts).toEqual({
      buildable: 27_370,
      'masked skip': 1_148,
      'masked fail': 175,
      'indirect skip': 277,
      'indirect fail': 40,
      unresolved: 6,
      'indirect unresolved': 6,
    });
  });

  it(
    'resolves to the published file, byte for byte',
    async () => {
      const golden = createHash('sha256');
      const chunks = createReadStream(join(DATA, 'presolve.zst')).pipe(createZstdDecompress());
      for await (const chunk of chunks) golden.update(chunk);
      const own = createHash('sha256');
      for (const piece of presolvePieces(resolution)) own.update(piece);
      expect(own.digest('hex')).toBe(golden.digest('hex'));
    },
    WAIT_MS,
  );
});

function stateWord(state: PackageState, { packages }: Resolution): string {
  switch (state.kind) {
    case 'buildable':
    case 'unresolved':
      return state.kind;
    case 'masked':
      return `masked ${state.by}`;
    case 'indirect': {
      if (state.of === 'unresolved') return 'indirect unresolved';
      const culprits = new Set(state.culprits);
      const masks = packages.flatMap((pkg) =>
        culprits.has(pkg.record.pkgname) && pkg.state.kind === 'masked' ? [pkg.state.by] : [],
      );
      return masks.includes('fail') ? 'indirect fail' : 'indirect skip';
    }
  }
}
