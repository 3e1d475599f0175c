import type { Resolution, ResolvedPackage } from './package.ts';
import { splitPkgName } from './version.ts';

/** Which part of a dependency graph is wanted. */
export interface GraphPart {
  /** Packages with what they need (`of`), or with what needs them (`to`). */
  readonly direction: 'of' | 'to';
  /** PKGNAMEs, PKGBASEs or PKGPATHs. */
  readonly wanted: readonly string[];
  /** Steps from the wanted packages at most. */
  readonly depth: number;
}

/** Packages and the edges between them, as indexes into `packages`. */
export interface PackageGraph {
  readonly packages: readonly ResolvedPackage[];
  /** For each package those of the graph that it needs. */
  readonly needs: readonly (readonly number[])[];
}

/** The graph of all packages of a resolution. */
export function wholeGraph({ packages }: Resolution): PackageGraph {
  return { packages, needs: packages.map(({ depends }) => depends) };
}

/** Every package that a name, base or path means; none when it means nothing. */
export function findPackages({ packages }: Resolution, word: string): readonly number[] {
  return packages.flatMap(({ record }, index) => {
    const isMeant =
      record.pkgname === word || record.pkgpath === word || splitPkgName(record.pkgname).base === word;
    return isMeant ? [index] : [];
  });
}

/** The packages that are wanted and what is at most `depth` steps away in the direction, in the order of the records. */
export function cutGraph(resolution: Resolution, part: GraphPart): PackageGraph {
  const { packages } = resolution;
  const steps = part.direction === 'of' ? packages.map(({ depends }) => depends) : listDependents(resolution);
  const distance = new Map<number, number>();
  for (const word of part.wanted) for (const index of findPackages(resolution, word)) distance.set(index, 0);
  // A map that grows while it is walked is walked to its end.
  for (const [index, away] of distance) {
    if (away >= part.depth) continue;
    for (const next of steps[index] ?? []) if (!distance.has(next)) distance.set(next, away + 1);
  }
  const kept = [...distance.keys()].sort((left, right) => left - right);
  const places = new Map(kept.map((index, place) => [index, place]));
  return {
    packages: kept.flatMap((index) => packages[index] ?? []),
    needs: kept.map((index) => (packages[index]?.depends ?? []).flatMap((need) => places.get(need) ?? [])),
  };
}

function listDependents({ packages }: Resolution): readonly (readonly number[])[] {
  const dependents: number[][] = packages.map(() => []);
  for (const [index, { depends }] of packages.entries()) {
    for (const need of depends) dependents[need]?.push(index);
  }
  return dependents;
}

/**
 * The graph in the language of Graphviz: an edge from each package to each that it needs. Packages that are not built for
 * a reason of their own are dashed, those behind them dotted.
 */
export function* renderDot({ packages, needs }: PackageGraph): Generator<string> {
  yield 'digraph packages {\n';
  for (const { record, state } of packages) yield `  ${quoteDot(record.pkgname)}${styles[state.kind]};\n`;
  for (const [index, list] of needs.entries()) {
    const from = quoteDot(packages[index]?.record.pkgname ?? '');
    for (const need of list) yield `  ${from} -> ${quoteDot(packages[need]?.record.pkgname ?? '')};\n`;
  }
  yield '}\n';
}

const styles = {
  buildable: '',
  masked: ' [style=dashed]',
  unresolved: ' [style=dashed]',
  indirect: ' [style=dotted]',
} as const;

const quoteDot = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** The graph as one JSON object, a package a line. */
export function* renderGraphJson({ packages, needs }: PackageGraph): Generator<string> {
  yield '{"packages":[\n';
  for (const [index, { record, state }] of packages.entries()) {
    const { kind, ...more } = state;
    const needed = (needs[index] ?? []).flatMap((need) => packages[need]?.record.pkgname ?? []);
    const shown = { name: record.pkgname, pkgpath: record.pkgpath, needs: needed, state: kind, ...more };
    yield `${JSON.stringify(shown)}${index + 1 < packages.length ? ',' : ''}\n`;
  }
  yield ']}\n';
}
