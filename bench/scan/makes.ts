import { cpuUsage } from 'node:process';
import { layGround } from '../../agent/build/ground.ts';
import { loadConfig } from '../../src/config/load.ts';
import { slotName } from '../../src/core/ids.ts';
import { readTreeEnvironment } from '../../src/pkgsrc/environment.ts';
import type { PkgPath } from '../../src/pkgsrc/package.ts';
import type { BatchPorts } from '../../src/pkgsrc/scan/makebatch.ts';
import { indexPaths } from '../../src/pkgsrc/scan/pathindex.ts';
import { listSubdirs } from '../../src/pkgsrc/scan/subdirs.ts';
import { WordTable } from '../../src/pkgsrc/wordtable.ts';
import type { Sandbox } from '../../src/sandbox/driver.ts';
import { chooseDriver } from '../../src/sandbox/select.ts';
import { layExample } from '../../test/e2e/example.ts';

/** The ways to run the same makes, one better than the other. */
interface Way {
  readonly name: string;
  readonly together: number;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Scans at most `count` paths of a tree in one sandbox, one process at a time, in several ways: of the configuration,
 * or of the example tree without one.
 */
export const measureMakes = async (
  configFile: string | undefined,
  count: number,
): Promise<Record<string, unknown>> => {
  const example = configFile === undefined ? await layExample({ slots: 1 }) : undefined;
  try {
    const config = example?.config ?? (await loadConfig(configFile));
    const { driver } = await chooseDriver({ ...config.sandbox, stateDir: config.paths.state });
    await driver.sweep();
    const ground = await layGround(config, driver.traits);
    const sandbox = await driver.prepare(slotName('bench-1'), ground.spec);
    try {
      const { signal } = new AbortController();
      const { packages } = config.paths;
      const { pkgDbdir, prefix } = config.pkgsrc;
      const expected = { packages, pkgDbdir, prefix };
      const tree = await readTreeEnvironment({ sandbox, environment: ground.make, expected, signal });
      const base = { sandbox, environment: { ...ground.make, cacheVars: tree.cacheVars }, signal };
      const paths = await listSubdirs({ ...base, concurrency: 1, onWarning: () => {} });
      const chosen = paths.filter((_, index) => index % Math.ceil(paths.length / count) === 0);
      const variables = { ...tree.cacheVars, ...tree.scanVars };
      return await compareWays(base, chosen, [
        { name: 'one a command, plain', together: 1, variables: {} },
        { name: 'many a command', together: 16, variables: {} },
        { name: 'and variables given', together: 16, variables },
      ]);
    } finally {
      await sandbox.destroy();
    }
  } finally {
    await example?.remove();
  }
};

const compareWays = async (
  base: BatchPorts,
  paths: readonly PkgPath[],
  ways: readonly Way[],
): Promise<Record<string, unknown>> => {
  const figures: Record<string, unknown> = {};
  let first: string | undefined;
  console.log(`${paths.length} paths, milliseconds a path\n`);
  console.log(`${'way'.padEnd(24)} commands  make cpu  own cpu      wall  result`);
  for (const { name, together, variables } of ways) {
    const { sandbox, spent } = countCpu(base.sandbox);
    const ports = { ...base, sandbox, environment: { ...base.environment, cacheVars: variables } };
    const startMs = performance.now();
    const before = cpuUsage();
    const texts: string[] = [];
    for (let at = 0; at < paths.length; at += together) {
      const batch = paths.slice(at, at + together);
      for (const index of await indexPaths({ ...ports, words: new WordTable() }, batch)) {
        texts.push(index.kind === 'indexed' ? index.text.toString() : index.failure.reason);
      }
    }
    const { user, system } = cpuUsage(before);
    const result = texts.join('');
    first ??= result;
    const each = (ms: number): number => Math.round((ms / paths.length) * 100) / 100;
    const row = {
      commands: spent.commands,
      makeCpuMs: each(spent.cpuMs),
      ownCpuMs: each((user + system) / 1000),
      wallMs: each(performance.now() - startMs),
      isSame: result === first,
    };
    const cells = [row.makeCpuMs, row.ownCpuMs, row.wallMs].map((value) => value.toFixed(2).padStart(8));
    const verdict = row.isSame ? 'same' : 'ANOTHER';
    console.log(`${name.padEnd(24)} ${String(row.commands).padStart(8)}  ${cells.join(' ')}  ${verdict}`);
    figures[name] = row;
  }
  return { paths: paths.length, ways: figures };
};

const countCpu = (sandbox: Sandbox) => {
  const spent = { cpuMs: 0, commands: 0 };
  const counted: Sandbox = {
    slot: sandbox.slot,
    fit: (fitting) => sandbox.fit(fitting),
    usage: () => sandbox.usage(),
    killAll: () => sandbox.killAll(),
    diskUsage: (path) => sandbox.diskUsage(path),
    destroy: () => sandbox.destroy(),
    run: async (command) => {
      const result = await sandbox.run(command);
      spent.commands += 1;
      if ('cpuMs' in result) spent.cpuMs += result.cpuMs;
      return result;
    },
  };
  return { sandbox: counted, spent };
};
