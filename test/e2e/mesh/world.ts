import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { noBuilds } from '../host.ts';
import { layMesh, type Mesh, type MeshOptions, submitter } from '../hosts/mesh.ts';
import { findHostObstacle } from '../hosts/obstacle.ts';
import type { Program } from '../hosts/program.ts';
import { findWrongPackages, layQuickTree, type QuickPackage } from '../hosts/quickTree.ts';
import { listEnds, listOpenBuilds, waitForShare } from '../hosts/views.ts';

/** Why builds over several hosts cannot be tested here; undefined where they can. */
export const noMesh = noBuilds ?? (await findHostObstacle());

/** For the title of a suite: says loudly what is skipped, and why. */
export const meshTitle = (title: string): string =>
  noMesh === undefined ? title : `${title} (SKIPPED: needs hosts in namespaces and real chroots: ${noMesh})`;

/** The faults that take long are played where they are asked for; the quickest are part of the suite. */
export const noFaults =
  noMesh ?? (process.env.BULKMESH_FAULTS === 'all' ? undefined : 'BULKMESH_FAULTS=all plays them');

/** The same for a suite of those. */
export const faultTitle = (title: string): string =>
  noFaults === undefined ? title : `${title} (SKIPPED: ${noFaults})`;

/** Hosts, and a tree whose packages show what they were made from. */
export interface World extends Mesh {
  readonly packages: readonly QuickPackage[];
  /** `bulkmesh build ARGS` where builds are submitted. */
  build(...words: readonly string[]): Program;
  /** All packages are there, none is more, and each is what its name and its dependencies make it. */
  expectRight(): Promise<void>;
  /** Starts to build everything anew, with nothing there of earlier builds: what is there afterwards is of this one. */
  rebuild(): Promise<Program>;
  /** Waits until a build that goes on without the command that asked for it has ended with all packages right. */
  waitForRight(): Promise<void>;
  /**
   * Builds everything anew; at that part of it something happens, and it still ends with all packages right. What happened is made
   * good before it ends or afterwards, by `mend`.
   */
  buildThrough(share: number, happen: () => Promise<void>, mend?: () => Promise<void>): Promise<string>;
  /** Packages that ended more than once on those hosts, in the lives of their agents that there are logs of. */
  listRepeated(...agents: readonly Program[]): readonly string[];
}

/** How long a build may go on by itself, and how often it is looked at. */
const patience = { timeout: 180_000, interval: 500 };

export const layWorld = async (
  packages: readonly QuickPackage[],
  options: Omit<MeshOptions, 'dir' | 'layTree'>,
): Promise<World> => {
  const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-mesh-'));
  const build = (...words: readonly string[]): Program =>
    mesh.bulkmesh(submitter, 'build', '--no-progress', ...words);
  const expectRight = async (): Promise<void> => {
    expect(await findWrongPackages(mesh.packagesDir(submitter), packages)).toEqual([]);
  };
  const rebuild = async (): Promise<Program> => {
    const dir = mesh.packagesDir(submitter);
    const made = (await readdir(dir)).filter((name) => name.endsWith('.tgz'));
    await Promise.all(made.map((name) => rm(join(dir, name))));
    return build('--rebuild-all');
  };
  const removeDir = (): Promise<void> => rm(dir, { recursive: true, force: true });
  const mesh = await layMesh({ ...options, dir, layTree: (place) => layQuickTree(place, packages) }).catch(
    async (error: unknown) => {
      await removeDir();
      throw error;
    },
  );
  return {
    packages,
    net: mesh.net,
    place: mesh.place,
    startAgent: (...args) => mesh.startAgent(...args),
    startAgents: () => mesh.startAgents(),
    agent: (host) => mesh.agent(host),
    addHost: () => mesh.addHost(),
    bulkmesh: (...args) => mesh.bulkmesh(...args),
    packagesDir: (host) => mesh.packagesDir(host),
    stateDir: (host) => mesh.stateDir(host),
    build,
    expectRight,
    rebuild,
    waitForRight: async () => {
      await expect.poll(() => findWrongPackages(mesh.packagesDir(submitter), packages), patience).toEqual([]);
      await expect.poll(() => listOpenBuilds(mesh, submitter), patience).toEqual([]);
      await expectRight();
    },
    buildThrough: async (share, happen, mend = async () => {}) => {
      const running = await rebuild();
      await waitForShare(running, share);
      await happen();
      const { code, stdout, stderr } = await running.ended;
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`${packages.length} of ${packages.length} packages built`);
      await expectRight();
      await mend();
      return stdout;
    },
    listRepeated: (...agents) => {
      const ended = agents.flatMap((agent) => listEnds(agent.output())).map(({ pkg }) => pkg);
      return ended.filter((pkg, index) => ended.indexOf(pkg) !== index);
    },
    remove: async () => {
      await mesh.remove();
      await removeDir();
    },
  };
};
