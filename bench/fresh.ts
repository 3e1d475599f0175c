import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { decideFresh } from '../src/pkgsrc/fresh/fresh.ts';
import { checkPkgName, checkPkgPath } from '../src/pkgsrc/name.ts';
import type { Resolution, ResolvedPackage } from '../src/pkgsrc/package.ts';
import type { PackageNote } from '../src/pkgsrc/repository/note.ts';
import { writeNoteLoosely } from '../src/pkgsrc/repository/notes.ts';
import type { RepositoryPlace } from '../src/pkgsrc/repository/place.ts';
import { loadRepository, type Repository } from '../src/pkgsrc/repository/repository.ts';
import { digestSources, readTree } from '../src/pkgsrc/repository/sources.ts';
import { record } from '../test/pkgsrc/build/fixture.ts';
import { packPackage } from '../test/pkgsrc/repository/support.ts';

export const description =
  'is each of many packages up to date: first look at packages built elsewhere, and later looks';

const COUNT = 10_000;
const LIMIT_MS = 10_000;
/** About the figures of a whole tree: 8.9 direct dependencies a package. */
const NEEDS = 9;
const FILES = [
  'Makefile',
  'DESCR',
  'PLIST',
  'distinfo',
  'options.mk',
  'patches/patch-aa',
  'patches/patch-ab',
];

/**
 * A made-up tree and repository with `args[0]` packages (10,000). Wall and CPU time of three looks: `adopt`, with no note there;
 * `look`, all notes there; `edited`, after one file in a hundred packages changed. `waitMs`: the longest that
 * anything else in the process had to wait meanwhile.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const count = Math.max(10, Math.trunc(Number(args[0] ?? COUNT)) || COUNT);
  const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-fresh-'));
  try {
    const place = { packagesDir: join(dir, 'packages'), pkgSuffix: '.tgz', owner: 'bench' };
    const pkgsrc = join(dir, 'pkgsrc');
    const resolution = layTree(count, place, pkgsrc);
    const adopt = await measure(place, pkgsrc, resolution);
    layNotes(adopt.repository, place, pkgsrc, resolution);
    const look = await measure(place, pkgsrc, resolution);
    for (let at = 0; at < count; at += 100) writeFileSync(join(pkgsrc, pathOf(at), 'Makefile'), 'edited\n');
    const edited = await measure(place, pkgsrc, resolution);
    const figures = { adopt: adopt.figures, look: look.figures, edited: edited.figures };
    console.table(figures);
    return { packages: count, ...figures, isWithinTarget: look.figures.wallMs <= LIMIT_MS };
  } finally {
    await rm(dir, { recursive: true });
  }
}

const nameOf = (at: number): string => `pkg${at}-1.${at % 7}`;
const pathOf = (at: number): string => `cat${at % 50}/pkg${at}`;

function layTree(count: number, place: RepositoryPlace, pkgsrc: string): Resolution {
  mkdirSync(join(place.packagesDir, 'All'), { recursive: true });
  const packages = Array.from({ length: count }, (_, at): ResolvedPackage => {
    const depends =
      at === 0 ? [] : [...new Set(Array.from({ length: NEEDS }, (_, k) => (at * 7919 * (k + 1)) % at))];
    mkdirSync(join(pkgsrc, pathOf(at), 'patches'), { recursive: true });
    for (const file of FILES) {
      writeFileSync(
        join(pkgsrc, pathOf(at), file),
        `# $NetBSD: ${file},v 1.${at} $\n${'text\n'.repeat(200)}`,
      );
    }
    const files = FILES.map((file) => `${pathOf(at)}/${file}:\t$NetBSD: ${file},v 1.${at} $`);
    const pkgname = checkPkgName(nameOf(at));
    const bytes = packPackage(pkgname, {
      files,
      buildDepends: depends.map(nameOf),
      salt: 'x'.repeat(20_000),
    });
    writeFileSync(join(place.packagesDir, 'All', `${pkgname}${place.pkgSuffix}`), bytes);
    return {
      record: record({ pkgname, pkgpath: checkPkgPath(pathOf(at)) }),
      depends,
      state: { kind: 'buildable' },
    };
  });
  return { packages };
}

/** As if this program had built them. */
function layNotes(
  repository: Repository,
  place: RepositoryPlace,
  pkgsrc: string,
  { packages }: Resolution,
): void {
  const tree = readTree(pkgsrc);
  for (const { record, depends } of packages) {
    const note: PackageNote | undefined = repository.notes.get(record.pkgname);
    if (note === undefined) throw new Error(`${record.pkgname} has no note`);
    const names = depends.flatMap((need) => packages[need]?.record.pkgname ?? []);
    const dependDigests = Object.fromEntries(
      names.map((name) => [name, repository.notes.get(name)?.digest ?? '']),
    );
    const fileDigests = digestSources(tree, { pkgpath: record.pkgpath, dirs: [], files: [] });
    const built = { fileDigests, dependDigests, settings: {}, build: 'b', host: 'h', atMs: 0 };
    writeNoteLoosely(place, { ...note, pkgpath: record.pkgpath, built });
  }
}

async function measure(place: RepositoryPlace, pkgsrc: string, resolution: Resolution) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const repository = await loadRepository(place);
  const loadedMs = performance.now();
  const verdicts = await decideFresh({
    ...{ resolution, repository, tree: readTree(pkgsrc), settingsOf: () => ({}), skipAgeCheck: false },
    ...{ asked: new Set(), cone: new Set() },
  });
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  const figures = {
    wallMs: Math.round(wallMs),
    cpuMs: Math.round((user + system) / 1000),
    notesMs: Math.round(loadedMs - startMs),
    waitMs: Math.round(delay.max / 1e6),
    kept: [...verdicts.values()].filter(({ kind }) => kind === 'kept').length,
  };
  return { repository, figures };
}
