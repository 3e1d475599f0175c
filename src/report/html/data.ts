import type { Comparison } from '../compare.ts';
import { escapeText, shorten } from '../escape.ts';
import { formatMinute } from '../format.ts';
import { STAGE_ORDER } from '../logs.ts';
import type { PackageOutcome, Standing } from '../outcomes.ts';
import type { ReportView } from '../view.ts';

/**
 * What the page's script makes its lists of: JSON that may stand in a script element. By column, so that 30,000
 * packages take little room; -1 is what is not there, and texts that repeat are places in a list.
 */
export function renderData(view: ReportView): string {
  return JSON.stringify(collectData(view)).replaceAll('<', '\\u003c');
}

/** One for each standing; the script knows them too. */
type Letter = 'd' | 'k' | 'f' | 't' | 'i' | 'b' | 'm' | 'u' | 'x' | 'y' | 'o';

const REASON_CHARS = 400;
const DETAIL_LINES = 40;
// Were the whole scan to fail, reasons are enough: report.json has what make said.
const DETAILS_CHARS = 1_000_000;
// As many bits as a number holds with all its digits, with room to spare.
const STAGES_MAX = 50;

function collectData(view: ReportView): Record<string, unknown> {
  const { packages } = view.outcomes;
  const [paths, maintainers, places, stages] = [makeTexts(), makeTexts(), makeTexts(), makeTexts()];
  // Their order on the page is the order of this list.
  for (const stage of STAGE_ORDER) stages.add(stage);
  return {
    names: packages.map(({ record }) => escapeText(record.pkgname)),
    path: packages.map(({ record }) => paths.add(record.pkgpath)),
    paths: paths.list,
    maintainer: packages.map(({ record }) => maintainers.add(record.maintainer)),
    maintainers: maintainers.list,
    kinds: packages.map(({ standing }) => toLetter(standing)).join(''),
    // Of packages that are there nobody asks.
    breaks: packages.map(({ standing, breaks }) => (standing.kind === 'done' ? 0 : breaks)),
    tenths: packages.map(({ fact }) => (fact === undefined ? -1 : Math.round(fact.wallMs / 100))),
    jobs: packages.map(({ fact }) => fact?.jobs ?? -1),
    kib: packages.map(({ fact }) =>
      fact?.outcome.kind === 'built' ? Math.ceil(fact.outcome.sizeBytes / 1_024) : -1,
    ),
    place: packages.map(({ fact }) =>
      fact === undefined ? -1 : places.add(`${nameHost(view, fact.origin.host)}${fact.slot}`),
    ),
    places: places.list,
    logs: packages.map(({ record }) => packStages(view.logs.listStages(record.pkgname), stages)),
    stage: pick(packages, ({ standing }) =>
      standing.kind === 'failed' ? stages.add(standing.stage) : undefined,
    ),
    stages: stages.list,
    reason: pick(packages, ({ standing }) =>
      'reason' in standing ? escapeText(shorten(standing.reason, REASON_CHARS)) : undefined,
    ),
    dependents: listDependents(view),
    logDir: view.logs.linkToAll(),
    scan: listScanFailures(view),
    since: view.comparison === undefined ? undefined : describeComparison(view.comparison),
  };
}

interface Texts {
  readonly list: readonly string[];
  /** The place of the text, which is made harmless, in the list. */
  add(text: string): number;
}

function makeTexts(): Texts {
  const list: string[] = [];
  const places = new Map<string, number>();
  return {
    list,
    add: (text) => {
      const known = places.get(text);
      if (known !== undefined) return known;
      places.set(text, list.length);
      return list.push(escapeText(text)) - 1;
    },
  };
}

const FAILED_LETTERS = { package: 'f', timeout: 't', infra: 'i' } as const;

function toLetter(standing: Standing): Letter {
  switch (standing.kind) {
    case 'done':
      return standing.kept ? 'k' : 'd';
    case 'failed':
      return FAILED_LETTERS[standing.class];
    case 'prefailed':
      return 'm';
    case 'unresolved':
      return 'u';
    case 'indirect-failed':
      return 'b';
    case 'indirect-prefailed':
      return standing.of === 'masked' ? 'x' : 'y';
    case 'open':
      return 'o';
  }
}

/** One host needs no name. */
function nameHost(view: ReportView, host: string): string {
  return view.hosts.length > 1 ? `${host} ` : '';
}

/** The stages as bits of a number, by their places in the list. */
function packStages(names: readonly string[], stages: Texts): number {
  return names
    .map((name) => stages.add(name))
    .filter((place) => place < STAGES_MAX)
    .reduce((bits, place) => bits + 2 ** place, 0);
}

function pick<Value>(
  packages: readonly PackageOutcome[],
  read: (pkg: PackageOutcome) => Value | undefined,
): Readonly<Record<number, Value>> {
  const entries = packages.flatMap((pkg): [number, Value][] => {
    const value = read(pkg);
    return value === undefined ? [] : [[pkg.index, value]];
  });
  return Object.fromEntries(entries);
}

/** The direct dependents of each package that is not there. The script finds culprits and victims with them. */
function listDependents({ outcomes }: ReportView): Readonly<Record<number, readonly number[]>> {
  const { start, dependents } = outcomes.graph;
  return pick(outcomes.packages, ({ index, standing }) => {
    const [first = 0, end = 0] = [start[index], start[index + 1]];
    return standing.kind === 'done' || first === end ? undefined : [...dependents.subarray(first, end)];
  });
}

function listScanFailures({ input }: ReportView): readonly (readonly [string, string, string])[] {
  let left = DETAILS_CHARS;
  return input.scanFailures.map(({ pkgpath, reason, detail }) => {
    // The last lines: the first are rarely the telling ones.
    const lines = detail.trimEnd().split('\n').slice(-DETAIL_LINES);
    const text = lines.map((line) => escapeText(shorten(line, REASON_CHARS))).join('\n');
    left -= text.length;
    return [escapeText(pkgpath), escapeText(shorten(reason, REASON_CHARS)), left < 0 ? '' : text];
  });
}

function describeComparison({ previous, since, fixed, gone }: Comparison): Record<string, unknown> {
  return {
    build: escapeText(previous.build),
    ended: formatMinute(previous.endedAtMs),
    // Where a package that still fails failed before; null: it was not tried.
    failed: Object.fromEntries(
      [...since].flatMap(([index, how]): [number, string | null][] => {
        if (how.kind === 'new') return [];
        return [[index, how.kind === 'still' ? escapeText(how.stage) : null]];
      }),
    ),
    fixed: fixed.map(({ pkg, stage }) => [pkg.index, escapeText(stage)]),
    gone: gone.map((row) => [escapeText(row.pkgname), escapeText(row.pkgpath), escapeText(row.stage)]),
  };
}
