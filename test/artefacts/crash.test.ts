import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { sha256Of, useHosts } from './hosts.ts';

const hosts = useHosts();
const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);

/** Starts the writer, kills it when it has told of so many blobs, and returns those. */
const killWriter = async (root: string, count: number): Promise<readonly string[]> => {
  const child = spawn(process.execPath, [fixture('writeBlobs.ts'), root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const told: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (/^[0-9a-f]{64}$/.test(line)) told.push(line);
    if (told.length === count) child.kill('SIGKILL');
  }
  await exited;
  return told;
};

describe('an agent that is killed with SIGKILL while files come in every way', () => {
  it('has every file that it said to have, each right, and nothing half made, time after time', async () => {
    const root = join(hosts.scratch(), 'store');
    const told = new Set<string>();
    for (let round = 0; round < 5; round += 1) {
      for (const name of await killWriter(root, 1 + Math.floor(Math.random() * 25))) told.add(name);
      const { store, losses, odd } = await hosts.openStore({}, root);
      const here = new Set<string>(store.list());
      expect([...told].filter((name) => !here.has(name))).toEqual([]);
      const bytes = store.list().map((name) => readFileSync(store.pathOf(name)));
      expect(bytes.map(sha256Of)).toEqual(store.list());
      expect([losses, odd, readdirSync(join(root, 'tmp'))]).toEqual([[], [], []]);
      await store.close();
    }
  });
});

const namespaces =
  process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true'], { stdio: 'ignore' }).status === 0;

describe('a disk that runs full', () => {
  const title =
    'ends each way to take in a file with a word of it, leaves nothing of that file, and all others whole';

  it.skipIf(!namespaces)(namespaces ? title : `${title} [skipped: needs root and mount namespaces]`, () => {
    const directory = join(hosts.scratch(), 'tiny');
    mkdirSync(directory);
    const child = spawnSync(
      'unshare',
      ['-m', '--propagation', 'private', process.execPath, fixture('fillStore.ts'), directory],
      { encoding: 'utf8' },
    );
    expect(child.stderr).toBe('');
    const result: unknown = JSON.parse(child.stdout);
    expect(result).toMatchObject({
      fetched: { kind: 'notFetched', why: 'full' },
      stream: 'ARTEFACT_DISK_FULL',
      many: 'ARTEFACT_DISK_FULL',
      copy: 'ARTEFACT_DISK_FULL',
      level: 'soft',
      left: { tmp: [], parts: [] },
      isWell: true,
      small: 'none',
    });
  });
});
