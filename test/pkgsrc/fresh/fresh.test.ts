import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layGround } from '../repository/support.ts';
import { layShop, type Shop } from './shop.ts';

const packages = 6;
const nameOf = (index: number): string => `p${index}-1.0`;

/** What somebody may do between two builds. */
const edits = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('edit'), at: fc.nat(packages - 1), text: fc.nat(3) }),
    fc.record({ kind: fc.constant('patch'), at: fc.nat(packages - 1), text: fc.nat(3) }),
    fc.record({ kind: fc.constant('settings'), at: fc.constant(0), text: fc.nat(2) }),
    // One package alone, as `rebuild --only` does, or a build that was stopped.
    fc.record({ kind: fc.constant('build'), at: fc.nat(packages - 1), text: fc.constant(0) }),
    fc.record({ kind: fc.constant('lose'), at: fc.nat(packages - 1), text: fc.constant(0) }),
  ),
  { maxLength: 8 },
);

/** Each package needs some of those before it. */
const needs = fc.tuple(
  ...Array.from({ length: packages }, (_, index) =>
    fc.subarray(Array.from({ length: index }, (_, need) => need)),
  ),
);

/**
 * What a package would be if it were built now, told by its inputs and those of all that it is built with; a model of what its file is
 * made of is kept beside it.
 */
class Model {
  readonly files = new Map<string, string>();
  settings = 's0';
  /** By package: what its file in the repository was made from. Unique for each build, as two builds never give the same bytes. */
  readonly made = new Map<
    number,
    { inputs: string; with: readonly (readonly [number, number])[]; serial: number }
  >();
  #serial = 0;

  inputsOf(at: number): string {
    const own = [...this.files].filter(([path]) => path.startsWith(`cat/p${at}/`)).sort();
    return JSON.stringify([own, this.settings]);
  }

  build(at: number, depends: readonly number[]): void {
    const used = depends.map((need) => [need, this.made.get(need)?.serial ?? -1] as const);
    this.#serial += 1;
    this.made.set(at, { inputs: this.inputsOf(at), with: used, serial: this.#serial });
  }

  /** A full rebuild with the same inputs would give this: made from them, with what is in the repository now. */
  isGood(at: number, depends: readonly number[]): boolean {
    const made = this.made.get(at);
    if (made === undefined || made.inputs !== this.inputsOf(at)) return false;
    return depends.every((need) => {
      const used = made.with.find(([name]) => name === need);
      return used !== undefined && used[1] === this.made.get(need)?.serial;
    });
  }
}

describe('what is kept', () => {
  it('is exactly what a rebuild of everything would give again, whatever was edited, built or lost in between', async () => {
    await fc.assert(
      fc.asyncProperty(needs, edits, async (graph, changes) => {
        const ground = layGround();
        try {
          const shop = layShop(ground);
          const model = new Model();
          shop.settings = { '/etc/mk.conf': model.settings };
          for (const [at, depends] of graph.entries()) {
            write(shop, model, `cat/p${at}/Makefile`, 'first');
            shop.add(nameOf(at), { needs: depends.map(nameOf) });
            await buildBoth(shop, model, graph, at);
          }
          for (const { kind, at, text } of changes) {
            if (kind === 'edit') write(shop, model, `cat/p${at}/Makefile`, String(text));
            if (kind === 'patch') write(shop, model, `cat/p${at}/patches/patch-${text}`, '');
            if (kind === 'build') await buildBoth(shop, model, graph, at);
            if (kind === 'lose') lose(shop, model, at);
            if (kind === 'settings') {
              model.settings = `s${text}`;
              shop.settings = { '/etc/mk.conf': model.settings };
            }
          }
          expect(await listKept(shop)).toEqual(listGood(model, graph));
        } finally {
          ground.remove();
        }
      }),
      { numRuns: 40 },
    );
  });
});

const write = (shop: Shop, model: Model, path: string, text: string): void => {
  shop.ground.putFile(path, text);
  model.files.set(path, text);
};

let salt = 0;
const buildBoth = async (shop: Shop, model: Model, graph: readonly number[][], at: number): Promise<void> => {
  const depends = graph[at] ?? [];
  // Without what it needs nothing is built.
  if (depends.some((need) => !model.made.has(need))) return;
  salt += 1;
  await shop.build(nameOf(at), String(salt));
  model.build(at, depends);
};

const lose = (shop: Shop, model: Model, at: number): void => {
  shop.ground.dropPackage(nameOf(at));
  model.made.delete(at);
};

const listKept = async (shop: Shop): Promise<string[]> =>
  [...(await shop.decide())].flatMap(([name, reasons]) => (reasons.length === 0 ? name : [])).sort();

const listGood = (model: Model, graph: readonly number[][]): string[] => {
  const good = new Set<number>();
  for (const [at, depends] of graph.entries()) {
    if (model.isGood(at, depends) && depends.every((need) => good.has(need))) good.add(at);
  }
  return [...good].map(nameOf).sort();
};
