import { layGround } from '../agent/build/ground.ts';
import { surveyTree } from '../agent/build/survey.ts';
import { slotName } from '../src/core/ids.ts';
import { buildPackage } from '../src/pkgsrc/build/build.ts';
import type { ResolvedPackage } from '../src/pkgsrc/package.ts';
import { resolveRecords } from '../src/pkgsrc/resolve.ts';
import type { Sandbox } from '../src/sandbox/driver.ts';
import { chooseDriver } from '../src/sandbox/select.ts';
import { layExample } from '../test/e2e/example.ts';

export const description =
  'what a package of the example tree costs outside make and pkg_* commands, with its parts';

/** One package after the other in one slot; times in milliseconds. */
interface Cost {
  readonly prepareMs: number;
  /** In make and pkg_*, the entering of the sandbox for each included. */
  readonly commandsMs: number;
  readonly commands: number;
  /** In the package's run, but in no command. */
  readonly ownMs: number;
  readonly destroyMs: number;
  readonly totalMs: number;
}

/** Builds every package of the example tree in turn. Its figure is `prepare + own + destroy`. */
export async function run(): Promise<Record<string, unknown>> {
  const ground = await layExample({ slots: 1 });
  try {
    const costs = await measureTree(ground);
    const parts = ['prepareMs', 'ownMs', 'destroyMs', 'commandsMs'] as const;
    const overhead = costs.map((cost) => cost.prepareMs + cost.ownMs + cost.destroyMs);
    const rows = [
      ['overhead', overhead] as const,
      ...parts.map((part) => [part.replace('Ms', ''), costs.map((cost) => cost[part])] as const),
    ];
    console.log(
      `${costs.length} packages, one slot, milliseconds\n${'part'.padEnd(12)}  median     p90     max`,
    );
    const figures = Object.fromEntries(
      rows.map(([name, values]) => {
        const spread = describeSpread(values);
        const cells = [spread.median, spread.p90, spread.max].map((value) => String(value).padStart(7));
        console.log(`${name.padEnd(12)} ${cells.join(' ')}`);
        return [name, spread];
      }),
    );
    return {
      packages: costs.length,
      commandsPerPackage: describeSpread(costs.map(({ commands }) => commands)).median,
      ...figures,
    };
  } finally {
    await ground.remove();
  }
}

type Example = Awaited<ReturnType<typeof layExample>>;

const measureTree = async ({ config }: Example): Promise<Cost[]> => {
  const { signal } = new AbortController();
  const { driver } = await chooseDriver({ ...config.sandbox, stateDir: config.paths.state });
  const ground = await layGround(config, driver.traits);
  const survey = await surveyTree({
    config,
    driver,
    ground,
    signal,
    pkgpaths: [],
    store: undefined,
    onScanning: () => {},
    onProgress: () => {},
    onFailure: () => {},
    onWarning: () => {},
  });
  const { packages } = resolveRecords(survey.records);
  const costs: Cost[] = [];
  const built = new Set<ResolvedPackage>();
  for (const found of inOrder(packages)) {
    const depends = found.depends.flatMap((index) => packages[index] ?? []);
    if (found.state.kind !== 'buildable' || !depends.every((need) => built.has(need))) continue;
    const startMs = performance.now();
    const sandbox = await driver.prepare(slotName('build-1'), ground.spec);
    const preparedMs = performance.now();
    const { timed, spent } = timeCommands(sandbox);
    const result = await buildPackage({
      sandbox: timed,
      record: found.record,
      depends: depends.map(({ record }) => record.pkgname),
      environment: survey.make,
      tree: survey.tree,
      shares: ground.spec.shares,
      repositoryDir: survey.tree.packages,
      user: ground.user,
      policy: ground.policy,
      jobs: config.build.cores,
      logDir: config.paths.bulklog,
      storageDirs: [config.paths.state],
      owner: 'bench',
      stamp: { build: 'bench', host: 'bench', settings: {} },
      keepLogs: false,
      watchGround: () => ({ stretch: 1, slowestMs: 0, jobsRatio: 1 }),
      signal,
      onWarning: (line) => console.log(line),
    });
    const ranMs = performance.now();
    await sandbox.destroy();
    const endMs = performance.now();
    if (result.kind !== 'ended' || result.outcome.kind !== 'built') continue;
    built.add(found);
    costs.push({
      prepareMs: preparedMs - startMs,
      commandsMs: spent.ms,
      commands: spent.count,
      ownMs: ranMs - preparedMs - spent.ms,
      destroyMs: endMs - ranMs,
      totalMs: endMs - startMs,
    });
  }
  return costs;
};

/** The sandbox, with the time of the commands that are make or pkg_* added up. */
const timeCommands = (
  sandbox: Sandbox,
): { readonly timed: Sandbox; readonly spent: { ms: number; count: number } } => {
  const spent = { ms: 0, count: 0 };
  const timed: Sandbox = {
    slot: sandbox.slot,
    fit: (fitting) => sandbox.fit(fitting),
    usage: () => sandbox.usage(),
    killAll: () => sandbox.killAll(),
    diskUsage: (path) => sandbox.diskUsage(path),
    destroy: () => sandbox.destroy(),
    run: async (command) => {
      const result = await sandbox.run(command);
      const isTheirs = /\/(b?make|pkg_\w+)$/.test(command.argv[0] ?? '');
      if (isTheirs && 'wallMs' in result) {
        spent.ms += result.wallMs;
        spent.count += 1;
      }
      return result;
    },
  };
  return { timed, spent };
};

/** Dependencies first. */
const inOrder = (packages: readonly ResolvedPackage[]): readonly ResolvedPackage[] => {
  const order = new Set<ResolvedPackage>();
  const visit = (found: ResolvedPackage): void => {
    if (order.has(found) || found.state.kind !== 'buildable') return;
    for (const index of found.depends) {
      const need = packages[index];
      if (need !== undefined) visit(need);
    }
    order.add(found);
  };
  for (const found of packages) visit(found);
  return [...order];
};

const describeSpread = (values: readonly number[]): { median: number; p90: number; max: number } => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? 0) * 10) / 10;
  return { median: at(0.5), p90: at(0.9), max: at(1) };
};
