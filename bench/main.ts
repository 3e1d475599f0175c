import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * `npm run bench -- NAME [ARGUMENTS]`. Every module of this folder that exports `description` and `run` is a bench. A
 * bench prints its table as it goes; the last line of all is one line of JSON with its figures, which are also
 * written to `bench/results/NAME.json`.
 */
interface Bench {
  readonly description: string;
  run(args: readonly string[]): Promise<Record<string, unknown>>;
}

const folder = import.meta.dirname;
const standard = 'chroots';

const main = async (args: readonly string[]): Promise<number> => {
  const names = await listNames();
  if (args[0] === '--list') {
    for (const name of names) console.log(`${name.padEnd(12)} ${(await loadBench(name)).description}`);
    return 0;
  }
  const [name = standard, ...rest] = args;
  if (!names.includes(name)) {
    console.error(`bench: no bench "${name}"; there are: ${names.join(', ')}`);
    return 2;
  }
  const figures = { bench: name, ...(await (await loadBench(name)).run(rest)) };
  await mkdir(resultsDir, { recursive: true });
  await writeFile(join(resultsDir, `${name}.json`), `${JSON.stringify(figures, null, 2)}\n`);
  console.log(JSON.stringify(figures));
  return 0;
};

/** Where benches leave JSON and plots; not kept in git. */
const resultsDir = join(folder, 'results');

const listNames = async (): Promise<string[]> => {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts') && file !== 'main.ts');
  return files.map((file) => file.replace(/\.ts$/, '')).sort();
};

const loadBench = async (name: string): Promise<Bench> => {
  const module: Bench = await import(`./${name}.ts`);
  return module;
};

process.exitCode = await main(process.argv.slice(2));
