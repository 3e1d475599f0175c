import type { Command } from 'commander';
import type { SlotView } from '../../agent/control/protocol.ts';
import { agentPaths } from '../../agent/paths.ts';
import type { Config } from '../../src/config/config.ts';
import { selectCanonical } from '../../src/core/facts/merge.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { decidedSchema } from '../../src/pkgsrc/fresh/verdict.ts';
import { parseSelection } from '../../src/pkgsrc/selection.ts';
import { splitPkgName } from '../../src/pkgsrc/version.ts';
import type { BuildRecord } from '../../src/store/builds.ts';
import type { DecisionRow } from '../../src/store/decisions.ts';
import { openReader, type StoreReader } from '../../src/store/reader.ts';
import { type ExplainedBuild, explainPackage } from '../explain.ts';
import { makeCommand, openConfig } from '../options.ts';
import { writeLines } from '../output.ts';
import { openAgent } from '../session.ts';
import { suggestName } from '../suggest.ts';
import { escapeLine } from '../ui/escape.ts';
import { describePlaces, explainHost, findWhereabouts, type Whereabouts } from '../where.ts';

/** More packages than this are not explained at once. */
const packagesMax = 50;
/** So many builds are looked through for one that has what is asked about: each one read costs. */
const buildsMax = 10;

/** `bulkmesh why`: why a package was built, kept, blocked or left out. */
export function makeWhyCommand(): Command {
  return makeCommand(
    'why',
    'tell why packages were built, kept, blocked or left out, or why a host is idle',
    [
      'bulkmesh why perl             by PKGBASE, PKGNAME or PKGPATH',
      'bulkmesh why "devel/lib*"     all that a pattern selects',
      'bulkmesh why build3           a host, by its name or id',
    ].join('\n'),
  )
    .description(
      'Tells of each package that the words select what became of it in the last build that had it, and why: ' +
        'what changed since it was built before, what failed and where its log is, what keeps it from being built, ' +
        'or what it waits for while a build goes on, and where in the mesh it is. Of a host: how it is, why it starts nothing ' +
        'more, why it cannot be reached, in what it differs from this one. Works with and without a running agent.',
    )
    .argument('<package or host...>', 'PKGNAME, PKGBASE, PKGPATH, or a pattern; or a host')
    .option('--json', 'what the agents know, and the lines, as one JSON object')
    .action(async (words: string[], options: { readonly json?: boolean }, command: Command) => {
      const config = await openConfig(command);
      const known = await findWhereabouts(config, words);
      const lines = await explainAll(config, words, known);
      const { hosts, places } = known;
      writeLines(
        options.json === true ? [JSON.stringify({ lines, hosts, places }, null, 2)] : lines.map(escapeLine),
      );
    });
}

/** Hosts first; packages as this host's own notes have them, and where there are none, as the agents know them. */
async function explainAll(
  config: Config,
  words: readonly string[],
  { hosts, places, mesh }: Whereabouts,
): Promise<string[]> {
  const told = hosts.flatMap((entry) => explainHost(entry, mesh?.coordinator));
  const isHost = (word: string): boolean => hosts.some(({ host, name }) => word === host || word === name);
  const left = words.filter((word) => !isHost(word));
  if (left.length === 0) return told;
  const open = mesh?.builds.map(({ build }) => build) ?? [];
  const current = mesh?.mesh === undefined ? [] : places.filter(({ build }) => open.includes(build));
  const inMesh = current.length === 0 ? [] : ['In the mesh, at this moment:', ...describePlaces(current)];
  try {
    return [...told, ...(await explainPackages(config, left)), ...inMesh];
  } catch (error) {
    // A host that only helps keeps no decisions of its own.
    if (!(error instanceof BulkmeshError) || places.length === 0) throw error;
    return [...told, ...describePlaces(places)];
  }
}

async function explainPackages(config: Config, words: readonly string[]): Promise<string[]> {
  const reader = openReader(config.paths.state);
  try {
    return await explain(config, reader, words);
  } finally {
    reader.close();
  }
}

async function explain(config: Config, reader: StoreReader, words: readonly string[]): Promise<string[]> {
  const parts: string[] = [];
  for (const found of findBuilds(reader, words)) parts.push(...(await explainIn(config, reader, found)));
  return parts;
}

async function explainIn(
  config: Config,
  reader: StoreReader,
  { record, rows, chosen }: Found,
): Promise<string[]> {
  const running = record.endedAtMs === undefined ? await findRunning(config, record) : undefined;
  const plan = reader.plansOf(record.id).at(-1);
  const facts = plan === undefined ? [] : reader.factsOf(plan);
  const build: ExplainedBuild = {
    packages: new Map(rows.map((row) => [row.pkgname, { ...row, decided: readDecided(row) }])),
    facts: selectCanonical(facts),
    running: running ?? new Map(),
    isOpen: running !== undefined,
    logDir: agentPaths(config).logs,
  };
  const shown = chosen.slice(0, packagesMax).map(({ pkgname }) => build.packages.get(pkgname));
  const left = chosen.length - shown.length;
  return [
    `In build ${record.id}:`,
    ...shown.flatMap((pkg) => (pkg === undefined ? [] : explainPackage(pkg, build))),
    ...(left > 0 ? [`and ${left} more that the words select`] : []),
  ];
}

interface Found {
  readonly record: BuildRecord;
  readonly rows: readonly DecisionRow[];
  readonly chosen: readonly DecisionRow[];
}

/**
 * For each word the last build that has what it selects: a build of a few packages hides none of the others. One that
 * ended in its scan has decided nothing.
 */
function findBuilds(reader: StoreReader, words: readonly string[]): readonly Found[] {
  const found: Found[] = [];
  let left = words;
  let latest: readonly DecisionRow[] | undefined;
  let looked = 0;
  for (const record of reader.listBuilds()) {
    if (left.length === 0 || looked === buildsMax) break;
    const rows = reader.decisionsOf(record.id)?.packages;
    if (rows === undefined) continue;
    latest ??= rows;
    looked += 1;
    const { chosen, unknown } = select(rows, left);
    if (chosen.length > 0) found.push({ record, rows, chosen });
    left = unknown;
  }
  const [word] = left;
  if (word === undefined) return found;
  if (latest !== undefined) throw unknownPackage(latest, word);
  throw new BulkmeshError('NOTHING_BUILT', 'no build has come to a plan yet', {
    hint: '"bulkmesh build" builds what the configuration names',
  });
}

const withBase = (row: DecisionRow) => ({ ...row, pkgbase: splitPkgName(row.pkgname).base });

/** `unknown`: the words that select nothing. */
function select(
  rows: readonly DecisionRow[],
  words: readonly string[],
): { readonly chosen: readonly DecisionRow[]; readonly unknown: readonly string[] } {
  const named = rows.map(withBase);
  const found = words.map((word) => named.filter(parseSelection([word])));
  return {
    chosen: [...new Map(found.flat().map((row) => [row.pkgname, row])).values()],
    unknown: words.filter((_, at) => found[at]?.length === 0),
  };
}

function unknownPackage(rows: readonly DecisionRow[], word: string): BulkmeshError {
  const names = rows
    .map(withBase)
    .flatMap(({ pkgpath, pkgbase }) => (word.includes('/') ? pkgpath : pkgbase));
  const near = suggestName(word, new Set(names));
  const hint =
    near === undefined ? 'a path whose scan failed has no package: see the report' : `perhaps ${near}?`;
  return new BulkmeshError('PACKAGE_UNKNOWN', `the last builds know no package ${word}`, { hint });
}

function readDecided({ verdict }: DecisionRow): ReturnType<typeof decidedSchema.parse> | undefined {
  const checked = decidedSchema.safeParse(verdict);
  return checked.success ? checked.data : undefined;
}

/** What the agent of this host builds now; undefined when it is not at this build. */
async function findRunning(
  config: Config,
  { id }: BuildRecord,
): Promise<ReadonlyMap<string, SlotView> | undefined> {
  try {
    const { snapshot } = await (await openAgent(config)).status();
    if (snapshot.build !== id) return undefined;
    return new Map(snapshot.slots.flatMap((slot) => (slot.pkg === undefined ? [] : [[slot.pkg, slot]])));
  } catch {
    // Killed, or not this user's to ask: what is written down can be told all the same.
    return undefined;
  }
}
