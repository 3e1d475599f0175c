import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectAgent } from '../../agent/control/client.ts';
import type { Status } from '../../agent/control/protocol.ts';
import { type RunningCli, startCli } from '../cli/run.ts';
import { type ExampleGround, layExample } from './example.ts';
import { listLeftovers, noBuilds, titleOf } from './host.ts';

const expected: { readonly packages: Readonly<Record<string, { readonly outcome: string }>> } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../examples/tree/expected.json'), 'utf8'),
);
const built = Object.entries(expected.packages)
  .filter(([, { outcome }]) => outcome === 'built')
  .map(([name]) => name)
  .sort();

const countRunning = ({ snapshot }: Status): number =>
  snapshot.slots.filter(({ state }) => state === 'running').length;

/** The status of the agent of a place; undefined while there is none. */
const askStatus = async ({ dir }: ExampleGround): Promise<Status | undefined> => {
  try {
    return await (await connectAgent(join(dir, 'state/control.sock'))).status();
  } catch {
    return undefined;
  }
};

describe.skipIf(noBuilds !== undefined)(titleOf('two configurations at once on one host'), () => {
  const grounds: ExampleGround[] = [];
  let register = '';
  beforeEach(async () => {
    register = await mkdtemp(join(tmpdir(), 'bulkmesh-share-'));
  });
  afterEach(async () => {
    for (const ground of grounds.splice(0)) await ground.remove();
    await rm(register, { recursive: true });
  });
  const lay = async (prefix: string): Promise<ExampleGround> => {
    const ground = await layExample({ slots: 4, prefix });
    grounds.push(ground);
    return ground;
  };
  const build = ({ configFile }: ExampleGround, ...pkgpaths: string[]): RunningCli =>
    startCli(['-c', configFile, 'build', ...pkgpaths], { env: { BULKMESH_SHARE: register } });

  /** Each time that an agent had more running than its part though nothing of it was from before. */
  const watch = async (
    ground: ExampleGround,
    isOver: () => boolean,
  ): Promise<{ seen: number; over: string[] }> => {
    const over: string[] = [];
    let seen = 0;
    let keeps = false;
    while (!isOver()) {
      const status = await askStatus(ground);
      const slots = status?.share?.slots;
      if (status === undefined || slots === undefined) keeps = false;
      else {
        const running = countRunning(status);
        if (running <= slots) {
          keeps = true;
          seen += 1;
        } else if (keeps) over.push(`${running} run, ${slots} may`);
      }
      await setTimeout(100);
    }
    return { seen, over };
  };

  it('end as they would alone, each with its own packages, and keep to their parts of the host', async () => {
    const pair = [await lay('/usr/pkg'), await lay('/opt/pkg32')] as const;
    const some = ['misc/bookshelf', 'misc/handbook', 'net/almanac', 'archivers/packdemo'];
    const builds = pair.map((ground) => build(ground, ...some));
    let left = builds.length;
    for (const { ended } of builds) void ended.then(() => (left -= 1));
    const watched = await Promise.all(pair.map((ground) => watch(ground, () => left < 2)));
    for (const { seen, over } of watched) {
      expect(over).toEqual([]);
      expect(seen, 'they shared the host for a while').toBeGreaterThan(0);
    }
    for (const [index, ground] of pair.entries()) {
      const result = await builds[index]?.ended;
      expect(result?.code, result?.stderr).toBe(0);
      const success = (await readFile(join(ground.dir, 'bulklog/meta/success'), 'utf8')).trim().split('\n');
      expect(success).toEqual(expect.arrayContaining(['bookshelf-1.0', 'handbook-2024.1', 'almanac-1.0']));
      expect(success.filter((name) => !built.includes(name))).toEqual([]);
      expect(listLeftovers(ground.dir)).toEqual([]);
    }
  }, 600_000);

  it('do not build into one directory: the second one is refused, and the first goes on', async () => {
    const [one, two] = [await lay('/usr/pkg'), await lay('/usr/pkg')];
    const text = await readFile(two.configFile, 'utf8');
    await writeFile(
      two.configFile,
      text.replace('packages = "packages"', `packages = "${one.dir}/packages"`),
    );
    const first = build(one, 'misc/bookshelf');
    await first.waitFor(/start /);
    const second = await build(two, 'misc/bookshelf').ended;
    expect(second).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`is building into the same paths.packages (${one.dir}/packages)`),
    });
    expect((await first.ended).code).toBe(0);
  }, 300_000);
});
