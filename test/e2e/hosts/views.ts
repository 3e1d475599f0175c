import { setTimeout as delay } from 'node:timers/promises';
import type { HostEntry, MeshSnapshot } from '../../../agent/view/meshView.ts';
import type { Mesh } from './mesh.ts';
import type { Program } from './program.ts';

/** What `hosts --json` says on that host. Rejects with what it said instead. */
export const readHosts = async (mesh: Mesh, host: number): Promise<MeshSnapshot> => {
  const { code, stdout, stderr } = await mesh.bulkmesh(host, 'hosts', '--json').ended;
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
};

const isThere = ({ standing }: HostEntry): boolean => standing === 'self' || standing === 'alive';

/** The number of the host that coordinates as that one sees it; undefined: none. */
export const findCoordinator = async (mesh: Mesh, host: number): Promise<number | undefined> => {
  const { hosts, coordinator } = await readHosts(mesh, host);
  const name = hosts.find((entry) => entry.host === coordinator)?.name;
  return name === undefined ? undefined : Number(name.slice(1));
};

/** The builds that go on, as the hosts tell it that this one hears of now. */
export const listOpenBuilds = async (mesh: Mesh, host: number): Promise<readonly string[]> => {
  const { hosts } = await readHosts(mesh, host);
  const builds = hosts.filter(isThere).flatMap(({ view }) => view?.builds ?? []);
  return [...new Set(builds.filter(({ phase }) => phase !== 'idle').map(({ build }) => build))];
};

/** An end of a package, as the agent tells it that had it in a slot. */
export interface PackageEnd {
  readonly pkg: string;
  readonly outcome: string;
}

/** What the log of an agent says of the packages that ended on its host; those that others were told of are not among them. */
export const listEnds = (log: string): readonly PackageEnd[] =>
  log
    .split('\n')
    .filter((line) => line.includes('"a package has ended"'))
    .map((line) => JSON.parse(line))
    .filter(({ host }) => host === undefined)
    .map(({ task, outcome }) => ({ pkg: task, outcome: outcome.kind }));

/** How long hosts may take to find each other, milliseconds. */
const meetMs = 60_000;

/** Waits until so many hosts live, as one of them sees it. */
export const waitForHosts = async (mesh: Mesh, host: number, count: number): Promise<void> => {
  const untilMs = Date.now() + meetMs;
  for (;;) {
    const { hosts } = await readHosts(mesh, host);
    const there = hosts.filter(isThere).length;
    if (there >= count) return;
    if (Date.now() > untilMs) throw new Error(`h${host} knows ${there} hosts of ${count} after a minute`);
    await delay(200);
  }
};

/** Waits until that part of the packages has ended, or the build has. */
export const waitForShare = async (build: Program, share: number): Promise<void> => {
  let isOver = false;
  const over = build.ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    const [, done = '0', total = '1'] = [...build.output().matchAll(/\[(\d+)\/(\d+)\]/g)].at(-1) ?? [];
    if (Number(done) >= share * Number(total)) return;
    await Promise.race([delay(50), over]);
  }
};
