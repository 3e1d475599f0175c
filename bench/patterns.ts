import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createZstdDecompress } from 'node:zlib';
import { parseDepend } from '../src/pkgsrc/depend.ts';
import { NameIndex } from '../src/pkgsrc/nameindex.ts';
import { matchPattern, parsePattern } from '../src/pkgsrc/pattern.ts';
import { readPscan } from '../src/pkgsrc/pscan.ts';
import { compareVersions, parseVersion, splitPkgName } from '../src/pkgsrc/version.ts';

export const description =
  'dependency patterns and versions of a recorded tree: operations per second, agreement';

const DATA = join(import.meta.dirname, '../../shared/data');
const MEASURE_MS = 1_000;

/**
 * Operations per second of one thread on the patterns, names and versions of a whole tree; and for every pattern whether
 * what it selects is what the published resolution has for each package that uses it.
 */
export async function run(): Promise<Record<string, unknown>> {
  if (!existsSync(join(DATA, 'pscan.zst'))) return { skipped: `no recorded data in ${DATA}` };
  const { records } = await readPscan(join(DATA, 'pscan.zst'));
  const names = records.map(({ pkgname }) => splitPkgName(pkgname));
  const index = new NameIndex(names);
  const words = [...new Set(records.flatMap(({ allDepends }) => allDepends))];
  const patternTexts = [...new Set(words.map((word) => word.slice(0, word.indexOf(':'))))];
  const patterns = patternTexts.map(parsePattern);
  const versionTexts = records.map(({ pkgname }) => pkgname.slice(pkgname.lastIndexOf('-') + 1));
  const versions = versionTexts.map(parseVersion);
  // Primes far from any period of the data, so that all kinds meet.
  const name = (at: number) => names[(at * 7919) % names.length] ?? splitPkgName('');
  const perSecond = {
    parsePattern: measure((at) => parsePattern(patternTexts[at % patternTexts.length] ?? '')),
    matchOneName: measure((at) => matchPattern(patterns[at % patterns.length] ?? parsePattern(''), name(at))),
    findBestInTree: measure((at) =>
      index.best(index.match(patterns[at % patterns.length] ?? parsePattern(''))),
    ),
    parseVersion: measure((at) => parseVersion(versionTexts[at % versionTexts.length] ?? '')),
    compareVersions: measure((at) =>
      compareVersions(
        versions[at % versions.length] ?? parseVersion(''),
        versions[(at * 7919) % versions.length] ?? parseVersion(''),
      ),
    ),
  };
  const agreement = await compareGolden(index, names, words);
  const figures = { patterns: patternTexts.length, names: names.length, perSecond, ...agreement };
  for (const [what, count] of Object.entries(perSecond)) {
    console.log(`${what.padEnd(18)}${(count / 1e6).toFixed(2).padStart(8)} million/s`);
  }
  console.log(`patterns          ${patternTexts.length}, ${agreement.patternsDiffering} not as published`);
  return figures;
}

/** Calls per second of this thread's CPU time, in rounds of a thousand, after a quarter of the time to warm up. */
function measure(call: (at: number) => unknown): number {
  let at = 0;
  const round = (untilMs: number): number => {
    const first = at;
    const started = process.threadCpuUsage();
    let spentMs = 0;
    while (spentMs < untilMs) {
      for (const end = at + 1000; at < end; at += 1) call(at);
      const { user, system } = process.threadCpuUsage(started);
      spentMs = (user + system) / 1000;
    }
    return ((at - first) / spentMs) * 1000;
  };
  round(MEASURE_MS / 4);
  return Math.round(round(MEASURE_MS));
}

interface Agreement {
  /** Patterns with a match, of which the published resolution has another package, or none of their matches. */
  readonly patternsDiffering: number;
  /** Patterns that match nothing, and of those the ones for which a package was chosen nevertheless. */
  readonly patternsUnmatched: number;
}

/**
 * A published DEPENDS line must hold, for each word of its package, one of the pattern's matches; and it may hold nothing
 * that is the best match of none of the words.
 */
async function compareGolden(
  index: NameIndex,
  names: readonly { readonly name: string }[],
  words: readonly string[],
): Promise<Agreement> {
  const matches = new Map(
    words.map((word) => {
      const depend = parseDepend(word);
      const found = depend.kind === 'depend' ? index.match(depend.pattern) : [];
      const best = index.best(found);
      return [
        word,
        {
          all: new Set(found.map((id) => names[id]?.name ?? '')),
          best: best === undefined ? undefined : names[best]?.name,
        },
      ];
    }),
  );
  const differing = new Set<string>();
  const unmatched = new Set<string>();
  for await (const { needs, depends } of readGolden()) {
    const explained = new Set<string | undefined>();
    for (const word of needs) {
      const found = matches.get(word);
      const pattern = word.slice(0, word.indexOf(':'));
      explained.add(found?.best);
      if (found?.best === undefined) unmatched.add(pattern);
      else if (depends.length > 0 && !depends.some((name) => found.all.has(name))) differing.add(pattern);
    }
    for (const name of depends) if (!explained.has(name)) differing.add(`nothing asks for ${name}`);
  }
  return { patternsDiffering: differing.size, patternsUnmatched: unmatched.size };
}

/** The words of each package and its published dependencies. */
async function* readGolden(): AsyncGenerator<{ needs: readonly string[]; depends: readonly string[] }> {
  const bytes = createReadStream(join(DATA, 'presolve.zst')).pipe(createZstdDecompress());
  let needs: readonly string[] = [];
  let depends: readonly string[] = [];
  const split = (line: string): readonly string[] =>
    line
      .slice(line.indexOf('=') + 1)
      .split(' ')
      .filter((word) => word !== '');
  for await (const line of createInterface({ input: bytes })) {
    if (line.startsWith('PKGNAME=')) {
      yield { needs, depends };
      depends = [];
    } else if (line.startsWith('ALL_DEPENDS=')) needs = split(line);
    else if (line.startsWith('DEPENDS=')) depends = split(line);
  }
  yield { needs, depends };
}
