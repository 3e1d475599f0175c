import { type Command, InvalidArgumentError } from 'commander';
import { BulkmeshError } from '../../src/errors.ts';
import {
  cutGraph,
  findPackages,
  type GraphPart,
  type PackageGraph,
  renderDot,
  renderGraphJson,
  wholeGraph,
} from '../../src/pkgsrc/graph.ts';
import type { Resolution } from '../../src/pkgsrc/package.ts';
import { resolveRecords } from '../../src/pkgsrc/resolve.ts';
import { splitPkgName } from '../../src/pkgsrc/version.ts';
import { makePlainCommand } from '../options.ts';
import { writeErrorLines } from '../output.ts';
import { readScans, writeResult } from '../scans.ts';
import { suggestNames } from '../suggest.ts';

interface GraphOptions {
  readonly format: 'dot' | 'json';
  readonly of?: readonly string[];
  readonly to?: readonly string[];
  readonly depth?: number;
  readonly output?: string;
}

/** `bulkmesh graph`: what needs what, for other programs. */
export function makeGraphCommand(): Command {
  return makePlainCommand(
    'graph',
    'export the dependency graph of a scan',
    [
      'bulkmesh graph meta/pscan --of mutt | dot -Tsvg > mutt.svg',
      'bulkmesh graph meta/presolve --to lang/perl5 --depth 1 --format json',
      'zstdcat pscan.zst | bulkmesh graph -o tree.dot',
    ].join('\n'),
  )
    .description(
      'Resolves a scan (a pscan or presolve, plain or compressed) and prints the graph of its packages: as dot, an edge ' +
        'from each package to each that it needs, dashed what is masked or unresolved, dotted what is behind such; or as ' +
        'JSON,\n\n' +
        '  {"packages":[{"name":"b-1.0","pkgpath":"cat/b","needs":["a-2.1"],"state":"buildable"}, ...]}\n\n' +
        'with the states buildable; masked ("by": skip or fail, and "reason"); unresolved ("reason"); indirect ("of": ' +
        'masked or unresolved, and "culprits", PKGNAMEs). Of a part only the edges within it are shown. A package is ' +
        'named by PKGNAME, by the name without version, or by its category/directory. Needs no configuration.',
    )
    .argument('[file]', 'the scan; - or none is standard input')
    .option('--format <format>', 'dot or json', parseFormat, 'dot')
    .option('--of <pkg...>', 'only these packages and what they need')
    .option('--to <pkg...>', 'only these packages and what needs them')
    .option('--depth <n>', 'at most so many steps away from them', parseDepth)
    .option('-o, --output <file>', 'write there, compressed by its name: .zst, .gz, .bz2')
    .action(async (file: string | undefined, options: GraphOptions) => {
      const part = choosePart(options);
      const scan = await readScans(file === undefined ? [] : [file]);
      if (scan.malformed.length > 0) {
        writeErrorLines([
          `bulkmesh: ${scan.malformed.length} records cannot be read and are left out; "bulkmesh resolve" tells which`,
        ]);
      }
      const graph = makeGraph(resolveRecords(scan.records), part);
      await writeResult(options.output, options.format === 'dot' ? renderDot(graph) : renderGraphJson(graph));
    });
}

function parseFormat(text: string): GraphOptions['format'] {
  if (text === 'dot' || text === 'json') return text;
  throw new InvalidArgumentError('dot or json.');
}

function parseDepth(text: string): number {
  if (/^[0-9]{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a number of steps, 0 or more.');
}

/** Undefined: the whole graph. */
function choosePart({ of, to, depth = Number.POSITIVE_INFINITY }: GraphOptions): GraphPart | undefined {
  if (of !== undefined && to !== undefined) {
    throw new BulkmeshError('GRAPH_PART', '--of and --to cannot both be given.', {
      hint: 'Ask for what packages need, or for what needs them.',
    });
  }
  if (of !== undefined) return { direction: 'of', wanted: of, depth };
  return to === undefined ? undefined : { direction: 'to', wanted: to, depth };
}

function makeGraph(resolution: Resolution, part: GraphPart | undefined): PackageGraph {
  if (part === undefined) return wholeGraph(resolution);
  const unknown = part.wanted.find((word) => findPackages(resolution, word).length === 0);
  if (unknown === undefined) return cutGraph(resolution, part);
  const names = resolution.packages.flatMap(({ record }) => [
    splitPkgName(record.pkgname).base,
    record.pkgpath,
  ]);
  const near = suggestNames(unknown, new Set(names), 3);
  throw new BulkmeshError('PACKAGE_UNKNOWN', `The scan has no package ${JSON.stringify(unknown)}.`, {
    hint: near.length > 0 ? `Is it one of these? ${near.join(', ')}` : 'Name a package of this scan.',
  });
}
