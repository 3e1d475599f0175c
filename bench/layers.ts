import { makeDependSets } from '../agent/build/dependsets.ts';
import { layGround } from '../agent/build/ground.ts';
import { connectAgent } from '../agent/control/client.ts';
import { startAgent } from '../agent/main.ts';
import type { Config } from '../src/config/config.ts';
import { loadConfig } from '../src/config/load.ts';
import { slotName } from '../src/core/ids.ts';
import { readTreeEnvironment } from '../src/pkgsrc/environment.ts';
import type { PkgName } from '../src/pkgsrc/package.ts';
import { loadRepository } from '../src/pkgsrc/repository/repository.ts';
import { createLinuxDriver } from '../src/sandbox/linux/driver.ts';
import { driverTraits } from '../src/sandbox/traits.ts';
import { layExample } from '../test/e2e/example.ts';
import { compareFiles, type Installation, type InstallGround, installFor, logsOf } from './layers/install.ts';

export const description =
  'the stage depends with layers of dependencies and without: time and identical trees';

/**
 * `npm run bench -- layers [CONFIG]`: builds the example tree, or takes the packages of a configuration as they are; then
 * installs the dependencies of each package twice, as its build would, in the order in which they were built.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const [file] = args;
  if (file !== undefined) return compareInstalls(await loadConfig(file));
  const ground = await layExample({ slots: 2 });
  try {
    await buildAll(ground.config);
    return await compareInstalls(ground.config);
  } finally {
    await ground.remove();
  }
}

const buildAll = async (config: Config): Promise<void> => {
  const agent = await startAgent(
    { ...config, sandbox: { ...config.sandbox, dependencyLayersGiB: 0 } },
    { log: 'silent' },
  );
  try {
    const client = await connectAgent(agent.socket);
    const stop = new AbortController();
    const ended = (async () => {
      for await (const event of client.events(stop.signal)) if (event.kind === 'finished') return;
    })();
    await client.build({ pkgpaths: [], fresh: true });
    await ended;
    stop.abort();
  } finally {
    agent.shutdown('now');
    await agent.stopped;
  }
};

/** Installs everything both ways and tells what differs. */
export const compareInstalls = async (config: Config): Promise<Record<string, unknown>> => {
  const stateDir = config.paths.state;
  const base = { stateDir, storage: 'disk', systemDirs: config.sandbox.systemDirs } as const;
  const plain = createLinuxDriver(base);
  const layered = createLinuxDriver({ ...base, layersBytesMax: 10 * 2 ** 30 });
  // One without layers deletes those of earlier runs.
  await plain.sweep();
  const ground = await readGround(config);
  const listFromS = Math.floor(Date.now() / 1000);
  const ways: Record<'plain' | 'layered' | 'again', Installation[]> = { plain: [], layered: [], again: [] };
  const different: string[] = [];
  for (const pkgname of ground.wanting) {
    const at = (way: string): InstallGround => ({ ...ground.install, logDir: logsOf(stateDir, way) });
    const one = await installFor(at('plain'), plain, pkgname, listFromS);
    const two = await installFor(at('layered'), layered, pkgname, listFromS);
    ways.plain.push(one);
    ways.layered.push(two);
    if (one.end !== two.end) different.push(`${pkgname}: ${one.end}, with layers ${two.end}`);
    different.push(...compareFiles(one, two).map((line) => `${pkgname}: ${line}`));
  }
  for (const pkgname of ground.wanting) {
    const logDir = logsOf(stateDir, 'again');
    ways.again.push(await installFor({ ...ground.install, logDir }, layered, pkgname, undefined));
  }
  return tell(ground.wanting.length, ways, different);
};

const tell = (
  packages: number,
  ways: Readonly<Record<string, readonly Installation[]>>,
  different: readonly string[],
): Record<string, unknown> => {
  const sum = (all: readonly Installation[] = []): number =>
    Math.round(all.reduce((total, { stageMs }) => total + stageMs, 0));
  const files = ways.plain?.reduce((total, one) => total + one.files.length, 0) ?? 0;
  console.log(`${packages} packages with dependencies; milliseconds of the stage depends, all together`);
  for (const [way, all] of Object.entries(ways))
    console.log(`${way.padEnd(10)}${String(sum(all)).padStart(8)}`);
  console.log(`${files} lines of files compared, ${different.length} differ`);
  for (const line of different.slice(0, 40)) console.log(`  ${line}`);
  const times = Object.fromEntries(Object.entries(ways).map(([way, all]) => [`${way}Ms`, sum(all)]));
  return { packages, ...times, filesCompared: files, different: different.length };
};

const readGround = async (
  config: Config,
): Promise<{ readonly install: Omit<InstallGround, 'logDir'>; readonly wanting: readonly PkgName[] }> => {
  const ground = await layGround(config, driverTraits.linux);
  const { signal } = new AbortController();
  const { systemDirs } = config.sandbox;
  const asker = createLinuxDriver({ stateDir: config.paths.state, storage: 'disk', systemDirs });
  const sandbox = await asker.prepare(slotName('scan-1'), ground.spec);
  const expected = {
    packages: config.paths.packages,
    pkgDbdir: config.pkgsrc.pkgDbdir,
    prefix: config.pkgsrc.prefix,
  };
  const tree = await readTreeEnvironment({ sandbox, environment: ground.make, expected, signal }).finally(
    () => sandbox.destroy(),
  );
  const place = { packagesDir: tree.packages, pkgSuffix: tree.pkgSuffix, owner: 'bench' };
  const { notes } = await loadRepository(place);
  const built = [...notes.values()].toSorted((a, b) => (a.built?.atMs ?? 0) - (b.built?.atMs ?? 0));
  const dependsOf = (pkgname: PkgName): readonly PkgName[] =>
    [...notes.keys()].filter((name) => name in (notes.get(pkgname)?.built?.dependDigests ?? {}));
  const packages = built.map(({ pkgname }) => pkgname);
  const sets = makeDependSets({ packages, dependsOf }, place);
  return {
    install: { ground, tree, sets },
    wanting: packages.filter((name) => dependsOf(name).length > 0),
  };
};
