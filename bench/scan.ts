import { createHash } from 'node:crypto';
import { appendFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { cpuUsage } from 'node:process';
import type { ScanRecord } from '../src/pkgsrc/package.ts';
import { recordBytes } from '../src/pkgsrc/record.ts';
import { Answers } from '../src/pkgsrc/scan/answers.ts';
import { scanTree } from '../src/pkgsrc/scan/scan.ts';
import { openStore, type Store } from '../src/store/open.ts';
import { measureMakes } from './scan/makes.ts';
import { layWideTree, type WideTree } from './scan/wideTree.ts';

export const description =
  'what a scan costs besides make, first and again: `scan [PATHS]`; and what makes cost: `scan make [CONFIG [PATHS]]`';

/** A scan of a tree whose make costs nothing, as often as there is something new to see. */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  if (args[0] === 'make') return measureMakes(args[1], Number(args[2] ?? 60));
  const count = Number(args[0] ?? 10_000);
  const tree = layWideTree(count);
  const stateDir = join(tree.dir, 'state');
  try {
    const first = await measure(tree, stateDir);
    const again = await measure(tree, stateDir);
    utimesSync(tree.libraryFile, new Date(), new Date());
    const touched = await measure(tree, stateDir);
    appendFileSync(tree.libraryFile, '# more\n');
    const edited = await measure(tree, stateDir);
    const fresh = await measure(tree, undefined);
    const rows = { first, again, touched, edited, 'without answers': fresh };
    console.log(`${count} paths that read 151 files each; make costs nothing here\n`);
    console.log('scan               makes   wall ms    cpu ms  cpu ms/path');
    for (const [name, { makes, wallMs, cpuMs }] of Object.entries(rows)) {
      const cells = [String(makes), wallMs.toFixed(0), cpuMs.toFixed(0), (cpuMs / count).toFixed(3)];
      console.log(`${name.padEnd(16)} ${cells.map((cell) => cell.padStart(8)).join('  ')}`);
    }
    const isSame = [again, touched, edited, fresh].every(({ digest }) => digest === first.digest);
    console.log(`\nresults are ${isSame ? 'identical' : 'DIFFERENT'}; the store has ${mib(stateDir)} MiB`);
    return { paths: count, isSame, storeMiB: mib(stateDir), ...rows };
  } finally {
    tree.remove();
  }
}

interface Cost {
  readonly makes: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly digest: string;
}

const measure = async (tree: WideTree, stateDir: string | undefined): Promise<Cost> => {
  const store = stateDir === undefined ? undefined : openStore(stateDir);
  const startMs = performance.now();
  const before = cpuUsage();
  const { records, makes } = await scanOnce(tree, store);
  const { user, system } = cpuUsage(before);
  const wallMs = performance.now() - startMs;
  store?.close();
  return { makes, wallMs, cpuMs: (user + system) / 1000, digest: digestRecords(records) };
};

const scanOnce = async (tree: WideTree, store: Store | undefined) => {
  const answers =
    store &&
    (await Answers.open({
      store,
      identity: 'bench',
      pkgsrc: tree.dir,
      hostPath: (path) => path,
      digestInside: async () => new Map(),
    }));
  const scanned = await scanTree({
    sandbox: tree.sandbox,
    environment: { make: '/usr/bin/bmake', pkgsrc: tree.dir, workDir: '/work', variables: {}, cacheVars: {} },
    pkgpaths: [],
    answers,
    concurrency: 2,
    signal: new AbortController().signal,
  });
  answers?.close();
  return scanned;
};

const digestRecords = (records: readonly ScanRecord[]): string => {
  const hash = createHash('sha256');
  for (const record of records) hash.update(recordBytes(record));
  return hash.digest('hex');
};

const mib = (stateDir: string): number =>
  Math.round((statSync(join(stateDir, 'bulkmesh.db')).size / (1 << 20)) * 10) / 10;
