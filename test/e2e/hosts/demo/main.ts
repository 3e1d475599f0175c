import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '../commands.ts';
import { layMesh, leader, type Mesh, submitter } from '../mesh.ts';
import { findHostObstacle } from '../obstacle.ts';
import { compareRepositories, readRepository } from '../packages.ts';
import type { Program } from '../program.ts';
import { findCoordinator, listEnds, waitForShare } from '../views.ts';
import { type Alone, buildAlone, findHeadline } from './alone.ts';
import { createStory, type Story } from './story.ts';

// What examples/demo-hosts.sh runs: the argument is the directory to work in.

const tree = join(import.meta.dirname, '../../../../examples/tree');
const helper = 3;
const joiner = 4;

const play = async (dir: string, story: Story, onMesh: (mesh: Mesh) => void): Promise<void> => {
  story.step('What one host makes of the example tree, to compare with');
  await mkdir(join(dir, 'alone'), { recursive: true });
  const alone = await buildAlone(join(dir, 'alone'), tree, story);

  story.step(
    'Three hosts: network namespaces on one switch, each with its own mounts, processes, address and disk',
  );
  const layTree = (place: string): Promise<void> => cp(tree, place, { recursive: true });
  const mesh = await layMesh({ dir, hosts: 3, slots: 2, layTree });
  onMesh(mesh);
  story.say(`h1  ${mesh.net.host(1).address}  bulkmesh agent                     comes first, and so leads`);
  story.say(
    `h2  ${mesh.net.host(2).address}  bulkmesh agent                     has the tree and the bootstrap kit`,
  );
  story.say(
    `h3  ${mesh.net.host(3).address}  bulkmesh agent --join h1 --join h2  has the program and the mesh key`,
  );
  await mesh.startAgents();
  await showHosts(mesh, helper, story);

  story.step('h2: bulkmesh build');
  const build = mesh.bulkmesh(submitter, 'build');
  const shown = showLines(build, story);
  await waitForShare(build, 0.25);

  story.step('A quarter is done: h4 joins, with the program and the mesh key');
  await mesh.addHost();
  await mesh.startAgent(joiner);
  await waitForShare(build, 0.5);
  await showHosts(mesh, joiner, story);

  const coordinator = (await findCoordinator(mesh, helper)) ?? leader;
  story.step(`Half is done: kill -9 for the agent of h${coordinator}, which coordinates`);
  await mesh.agent(coordinator).kill('SIGKILL');
  story.check(
    'the host that is killed is not the one where the build was asked for',
    coordinator !== submitter,
  );
  const { stdout, stderr, code } = await build.ended;
  shown.stop();
  story.say(stdout.slice(stdout.indexOf(findHeadline(stdout))));
  if ((code ?? 2) > 1) story.say(stderr);
  await showHosts(mesh, helper, story);

  story.step('What had to hold');
  await judge(mesh, alone, stdout, coordinator, story);
};

const judge = async (
  mesh: Mesh,
  alone: Alone,
  stdout: string,
  killed: number,
  story: Story,
): Promise<void> => {
  const headline = findHeadline(stdout);
  story.check(`it ends as on one host: ${alone.headline}`, headline === alone.headline, headline);
  const differences = compareRepositories(
    alone.repository,
    await readRepository(mesh.packagesDir(submitter)),
  );
  const count = alone.repository.packages.size;
  story.check(
    `h2 has the same ${count} packages, with the same files in them and the same pkg_summary`,
    differences.length === 0,
    differences.join('; '),
  );
  for (const host of [leader, submitter, helper, joiner]) {
    const built = listEnds(mesh.agent(host).output()).filter(({ outcome }) => outcome === 'built');
    story.check(`h${host} has built some of them: ${built.length}`, built.length > 0, 'none');
  }
  const next = await findCoordinator(mesh, helper);
  story.check(`another host coordinates now: h${next}`, next !== undefined && next !== killed, `h${next}`);
};

const showHosts = async (mesh: Mesh, host: number, story: Story): Promise<void> => {
  const { stdout, stderr } = await mesh.bulkmesh(host, 'hosts').ended;
  story.say(`h${host}: bulkmesh hosts\n${stdout}${stderr}`);
};

/** Tells each line of a build as it comes, up to its summary. */
const showLines = (build: Program, story: Story): { stop(): void } => {
  let shown = 0;
  const show = (): void => {
    const lines = build.output().split('\n').slice(0, -1);
    for (const line of lines.slice(shown)) if (/^\d\d:\d\d:\d\d /.test(line)) story.say(line);
    shown = lines.length;
  };
  const timer = setInterval(show, 100);
  return {
    stop: () => {
      clearInterval(timer);
      show();
    },
  };
};

const main = async (dir: string): Promise<number> => {
  const obstacle = await findHostObstacle();
  if (obstacle !== undefined) {
    process.stderr.write(`demo:hosts: this machine has no hosts in namespaces: ${obstacle}\n`);
    return 2;
  }
  const story = createStory();
  let mesh: Mesh | undefined;
  const clean = async (): Promise<void> => {
    await mesh?.remove();
    mesh = undefined;
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => void clean().finally(() => process.exit(130)));
  }
  try {
    await play(dir, story, (made) => {
      mesh = made;
    });
  } catch (error) {
    story.check('the demo comes to its end', false, describeError(error));
  } finally {
    await clean();
  }
  const own = join(dir, 'disks', `h${submitter}`);
  story.say(`\nthe report            ${join(own, 'bulklog/meta/report.html')}`);
  story.say(`packages              ${join(own, 'packages/All')}`);
  story.say(`remove all of it      rm -rf ${dir}`);
  return story.isGood ? 0 : 1;
};

process.exitCode = await main(process.argv[2] ?? '.');
