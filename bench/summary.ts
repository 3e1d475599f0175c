import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPkgName } from '../src/pkgsrc/name.ts';
import type { PackageNote } from '../src/pkgsrc/repository/note.ts';
import { lookAtPackage, writeNoteLoosely } from '../src/pkgsrc/repository/notes.ts';
import { packageFile, type RepositoryPlace } from '../src/pkgsrc/repository/place.ts';
import { writeSummary } from '../src/pkgsrc/summary.ts';
import { findTool, runTool } from '../src/sandbox/process.ts';

export const description = 'pkg_summary in all forms and SHA512.bz2 of 20,000 packages with notes';

/**
 * Makes a repository of small files with notes of usual size, and writes its summaries: each form alone, and all of them.
 * Times are in milliseconds, without those of the bzip2 program in `cpuMs`, sizes in bytes. `args[0]`: how many packages.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const packages = Number(args[0] ?? 20_000);
  const packagesDir = await mkdtemp(join(tmpdir(), 'bulkmesh-summary-'));
  const place: RepositoryPlace = { packagesDir, pkgSuffix: '.tgz', owner: 'bench' };
  const bzip2 = findTool('bzip2');
  const packBzip2 = async (file: string): Promise<void> => {
    const { ok, stderr } = await runTool([bzip2 ?? '', '-f', file]);
    if (!ok) throw new Error(stderr);
  };
  try {
    await fillRepository(place, packages);
    const filledBytes = peakBytes();
    const measure = async (formats: readonly ('gz' | 'bz2' | 'zst')[], checksums: boolean): Promise<Cost> => {
      const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
      await writeSummary({
        ...place,
        resolution: { packages: [] },
        withdrawn: new Set(),
        formats,
        checksums,
        includeRestricted: false,
        packBzip2: bzip2 === undefined ? undefined : packBzip2,
        onWarning: (line) => console.log(line),
      });
      const { user, system } = process.cpuUsage(startCpu);
      return {
        wallMs: Math.round(performance.now() - startMs),
        cpuMs: Math.round((user + system) / 1_000),
      };
    };
    const figures = {
      packages,
      notesOnly: await measure([], false),
      gz: await measure(['gz'], false),
      bz2: await measure(['bz2'], false),
      zst: await measure(['zst'], false),
      all: await measure(['gz', 'bz2', 'zst'], true),
    };
    const sizeOf = async (name: string): Promise<number | undefined> =>
      (await stat(join(packagesDir, name)).catch(() => undefined))?.size;
    return {
      ...figures,
      sizeBytes: {
        gz: await sizeOf('All/pkg_summary.gz'),
        bz2: await sizeOf('All/pkg_summary.bz2'),
        zst: await sizeOf('All/pkg_summary.zst'),
        sha512: await sizeOf('SHA512.bz2'),
      },
      filledBytes,
      peakRssBytes: peakBytes(),
    };
  } finally {
    await rm(packagesDir, { recursive: true, force: true });
  }
}

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const peakBytes = (): number => process.resourceUsage().maxRSS * 1_024;

async function fillRepository(place: RepositoryPlace, packages: number): Promise<void> {
  await mkdir(join(place.packagesDir, 'All'));
  await mkdir(join(place.packagesDir, '.bulkmesh'));
  for (let i = 0; i < packages; i++) {
    const pkgname = checkPkgName(`p5-Some-Name${i}-1.2.${i % 30}nb4`);
    await writeFile(packageFile(place.packagesDir, pkgname, place.pkgSuffix), '');
    const look = lookAtPackage(place, pkgname);
    if (look === undefined) throw new Error(`${pkgname} is gone`);
    writeNoteLoosely(place, makeNote(pkgname, i, look));
  }
}

/** A summary of some 1,300 bytes, as the 29,000 of a whole tree have on average, in words that repeat as theirs do. */
function makeNote(
  pkgname: PackageNote['pkgname'],
  seed: number,
  { sizeBytes, ...look }: PackageNote['look'] & { readonly sizeBytes: number },
): PackageNote {
  const hex = (kind: 'sha256' | 'sha512'): string => createHash(kind).update(pkgname).digest('hex');
  const word = (at: number): string => WORDS[(seed * 31 + at * 17 + ((at * seed) % 13)) % WORDS.length] ?? '';
  const line = (at: number): string => Array.from({ length: 11 }, (_, i) => word(at * 11 + i)).join(' ');
  const text = [
    `PKGNAME=${pkgname}`,
    ...Array.from({ length: 5 }, (_, at) => `DEPENDS=${word(at)}-${word(at + 3)}>=${seed % 9}.${at}`),
    `COMMENT=${line(0)}`,
    `SIZE_PKG=${seed * 977}`,
    `BUILD_DATE=2026-02-28 00:${String(seed % 60).padStart(2, '0')}:07 +0000`,
    `CATEGORIES=${word(seed)}`,
    `FILE_NAME=${pkgname}.tgz`,
    `FILE_SIZE=${seed * 131}`,
    ...Array.from({ length: 12 }, (_, at) => `DESCRIPTION=${line(at + 1)}`),
  ];
  const files = Array.from({ length: 25 }, (_, at) => ({ path: `cat/${pkgname}/file${at}`, id: '$NetBSD$' }));
  return {
    pkgname,
    pkgpath: undefined,
    digest: `sha256:${hex('sha256')}`,
    sha512: hex('sha512'),
    sizeBytes,
    look,
    summary: `${text.join('\n')}\n\n`,
    noBinOnFtp: false,
    made: { files, buildDepends: [], options: '' },
    built: {
      fileDigests: Object.fromEntries(files.map(({ path }) => [path, hex('sha256')])),
      dependDigests: {},
      settings: {},
      build: 'bench',
      host: 'bench',
      atMs: 0,
    },
  };
}

const WORDS =
  'the a of to and is for in with library module Perl Python interface provides support this package file data'
    .split(' ')
    .concat(
      'which functions that text format tools system simple server network from window manager'.split(' '),
    );
