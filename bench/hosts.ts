import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { layMesh, submitter } from '../test/e2e/hosts/mesh.ts';
import { findHostObstacle } from '../test/e2e/hosts/obstacle.ts';
import { listEnds, readHosts } from '../test/e2e/hosts/views.ts';
import { type BuildTime, readBuildTime } from './hosts/report.ts';

export const description =
  'the example tree on 1, 2 and 4 hosts in namespaces, 1, 2 and 4 slots each: makespan, bound, idle time';

const tree = join(import.meta.dirname, '../examples/tree');

/**
 * Builds the example tree once for each of `args`, HOSTSxSLOTS (1, 2 and 4 of each). All hosts are namespaces of this machine and
 * share its cores: more of them show what a mesh costs, not what it gains. Each begins with nothing but the mesh key, the one where the
 * build is asked for with the tree and the kit besides.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const obstacle = await findHostObstacle();
  if (obstacle !== undefined) throw new Error(`this machine has no hosts in namespaces: ${obstacle}`);
  const cases = args.length > 0 ? args.map(parseCase) : usualCases;
  console.log(
    'hosts slots  makespan s  bound s  times  bound by  work s   busy  sandbox  starved  stopped (slot-seconds)' +
      '  loop p99 ms  packages by host',
  );
  const builds = [];
  for (const { hosts, slots } of cases) {
    const row = { hosts, slots, ...(await buildOnce(hosts, slots)) };
    builds.push(row);
    console.log(describe(row));
  }
  return { cores: availableParallelism(), builds };
}

interface Case {
  readonly hosts: number;
  /** Of each host. */
  readonly slots: number;
}

const usualCases: readonly Case[] = [1, 2, 4].flatMap((hosts) =>
  [1, 2, 4].map((slots) => ({ hosts, slots })),
);

const parseCase = (text: string): Case => {
  const [hosts = 0, slots = 0] = text.split('x').map(Number);
  if (![hosts, slots].every((count) => Number.isInteger(count) && count > 0)) {
    throw new Error(`HOSTSxSLOTS, not ${text}`);
  }
  return { hosts, slots };
};

interface Row extends BuildTime, Case {
  /** Packages that ended on each host, in the order of the hosts. */
  readonly endedBy: readonly number[];
  /** Of timers of agents in the last minutes of the build, but for one in a hundred: that of the latest agent. */
  readonly loopDelayP99Ms: number;
}

const buildOnce = async (
  hosts: number,
  slots: number,
): Promise<BuildTime & Pick<Row, 'endedBy' | 'loopDelayP99Ms'>> => {
  const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-bench-hosts-'));
  try {
    const layTree = (place: string): Promise<void> => cp(tree, place, { recursive: true });
    const mesh = await layMesh({ dir, hosts: Math.max(hosts, submitter), slots, layTree });
    try {
      // Alone is the one that has the tree.
      const numbers = hosts === 1 ? [submitter] : Array.from({ length: hosts }, (_, index) => index + 1);
      if (hosts === 1) await mesh.startAgent(submitter);
      else await mesh.startAgents();
      const { code, stdout, stderr } = await mesh.bulkmesh(submitter, 'build').ended;
      // 1: some packages of that tree fail.
      if (code !== 0 && code !== 1) throw new Error(`the build ended with ${code}: ${stdout}${stderr}`);
      const told = (await readHosts(mesh, submitter)).hosts;
      const report = mesh.net.host(submitter).path('bulklog/meta/report.json');
      return {
        ...readBuildTime(await readFile(report, 'utf8')),
        loopDelayP99Ms: Math.max(...told.map(({ view }) => view?.delayP99Ms ?? 0)),
        endedBy: numbers.map((host) => listEnds(mesh.agent(host).output()).length),
      };
    } finally {
      await mesh.remove();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

const describe = (row: Row): string => {
  const { hosts, slots, makespanS, boundS, timesBound, bound, workS, endedBy, loopDelayP99Ms } = row;
  const spent = [row.busyS, row.sandboxS, row.starvedS, row.stoppedS].map((s) => s.toFixed(1).padStart(8));
  return [
    ...[String(hosts).padStart(5), String(slots).padStart(5), makespanS.toFixed(1).padStart(11)],
    ...[boundS.toFixed(1).padStart(8), timesBound.toFixed(2).padStart(6), bound.padStart(9)],
    ...[
      workS.toFixed(1).padStart(7),
      ...spent,
      loopDelayP99Ms.toFixed(1).padStart(27),
      '',
      endedBy.join(' '),
    ],
  ].join(' ');
};
