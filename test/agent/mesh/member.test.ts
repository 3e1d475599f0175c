import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlClient, connectAgent } from '../../../agent/control/client.ts';
import type { BuildEvent } from '../../../agent/control/protocol.ts';
import { type RunningAgent, startAgent } from '../../../agent/main.ts';
import type { BuildRecord } from '../../../src/store/builds.ts';
import { openStore } from '../../../src/store/open.ts';
import { waitUntil } from '../../sandbox/support/host.ts';
import { type FakeTree, hangAt, layFakeTree } from '../support/fake-tree.ts';

/** The only agent of its mesh, one life after the other. */
interface Life {
  readonly agent: RunningAgent;
  readonly client: ControlClient;
  readonly events: readonly BuildEvent[];
  ended(build: string): Promise<BuildEvent | undefined>;
}

describe.skipIf(process.platform !== 'linux')('an agent of a mesh', () => {
  let tree: FakeTree;
  const lives: Life[] = [];
  beforeEach(() => {
    tree = layFakeTree();
    mkdirSync(tree.config.paths.state, { recursive: true });
    writeFileSync(tree.config.mesh.keyFile, `${'5a'.repeat(32)}\n`, { mode: 0o600 });
  });
  afterEach(async () => {
    tree.letGo();
    for (const life of lives.splice(0)) await end(life);
    tree.remove();
  });

  const start = async (): Promise<Life> => {
    const agent = await startAgent(tree.config, { log: 'silent', isMember: true });
    const client = await connectAgent(agent.socket);
    const events: BuildEvent[] = [];
    void (async () => {
      for await (const event of client.events(new AbortController().signal)) events.push(event);
    })().catch(() => undefined);
    await waitUntil(() => events.length > 0);
    const find = (build: string) =>
      events.findLast((event) => event.kind === 'finished' && event.summary.build === build);
    const ended: Life['ended'] = async (build) => {
      await waitUntil(() => find(build) !== undefined);
      return find(build);
    };
    const life = { agent, client, events, ended };
    lives.push(life);
    return life;
  };
  const end = async ({ agent }: Life): Promise<void> => {
    agent.shutdown('now');
    await agent.stopped;
  };
  const inStore = <Value>(look: (store: ReturnType<typeof openStore>) => Value): Value => {
    const store = openStore(tree.config.paths.state);
    try {
      return look(store);
    } finally {
      store.close();
    }
  };
  const recordOf = (build: string): BuildRecord | undefined =>
    inStore((store) => store.listBuilds().find(({ id }) => id === build));
  const request = { pkgpaths: ['cat/top'], fresh: false };

  it('reports in its next life what was over when it died, and runs the hooks of its end then', async () => {
    tree.addPackage('top');
    const first = await start();
    const { build } = await first.client.build(request);
    expect(await first.ended(build)).toMatchObject({ summary: { ending: 'complete', counts: { built: 1 } } });
    await end(first);
    // As an agent leaves it that dies before it has told of the end.
    inStore((store) => {
      for (const { id } of store.listBuilds()) store.reopenBuild(id);
    });
    const report = join(tree.config.paths.bulklog, 'meta', 'report.json');
    expect(existsSync(report)).toBe(true);
    rmSync(report);
    const hook = join(tree.dir, 'hook');
    writeFileSync(hook, `#!/bin/sh\necho $BULKMESH_ENDING $BULKMESH_BUILT >>${tree.dir}/hooked\n`, {
      mode: 0o755,
    });
    Object.assign(tree.config.hooks, { afterBuild: [hook] });

    const second = await start();
    await waitUntil(() => existsSync(join(tree.dir, 'hooked')));
    await end(second);
    expect(readFileSync(join(tree.dir, 'hooked'), 'utf8')).toBe('complete 1\n');
    expect(existsSync(report)).toBe(true);
    expect(recordOf(build)).toMatchObject({ ending: 'complete', figures: { built: 1 } });
  });

  it('goes on by itself with a build that was resumed, and not with one that a person has stopped', async () => {
    tree.addPackage('base', { hook: hangAt('all') });
    tree.addPackage('top', { needs: ['base'] });
    const first = await start();
    const { build } = await first.client.build(request);
    await waitUntil(() => tree.calls().includes('all base'));
    await first.client.stop('now');
    await end(first);
    expect(recordOf(build)?.ending).toBe('stopped');

    const second = await start();
    expect((await second.client.status()).snapshot.phase).toBe('idle');
    await second.client.order(undefined, { kind: 'resume', build: undefined });
    await waitUntil(() => tree.calls().filter((call) => call === 'all base').length === 2);
    await end(second);
    tree.letGo();
    const third = await start();
    await third.ended(build);
    await end(third);
    expect(recordOf(build)).toMatchObject({ ending: 'complete', figures: { built: 2 } });
  });

  it('builds alone what it cannot pack for others', async () => {
    tree.addPackage('base');
    tree.addPackage('top', { needs: ['base'] });
    // The hash of a tree has no word for such a name.
    writeFileSync(Buffer.concat([Buffer.from(`${tree.config.paths.pkgsrc}/`), Buffer.from([0xff])]), '');
    const { client, ended, events } = await start();
    const { build } = await client.build(request);
    const text = expect.stringContaining('this build is for this host alone');
    expect(await ended(build)).toMatchObject({ summary: { ending: 'complete', counts: { built: 2 } } });
    expect(events).toContainEqual({ kind: 'warning', text });
  });
});
