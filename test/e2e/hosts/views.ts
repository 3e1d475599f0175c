import type { MeshSnapshot } from '../../../agent/view/meshView.ts';
import type { Mesh } from './mesh.ts';

/** What `hosts --json` says on that host. Rejects with what it said instead. */
export const readHosts = async (mesh: Mesh, host: number): Promise<MeshSnapshot> => {
  const { code, stdout, stderr } = await mesh.bulkmesh(host, 'hosts', '--json').ended;
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
};

/** The number of the host that coordinates as that one sees it; undefined: none. */
export const findCoordinator = async (mesh: Mesh, host: number): Promise<number | undefined> => {
  const { hosts, coordinator } = await readHosts(mesh, host);
  const name = hosts.find((entry) => entry.host === coordinator)?.name;
  return name === undefined ? undefined : Number(name.slice(1));
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
    .filter(({ slot }) => typeof slot === 'string')
    .map(({ task, outcome }) => ({ pkg: task, outcome: outcome.kind }));
