import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { makeFact } from './makeFact.ts';
import { useScratch } from './scratch.ts';

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);

/**
 * Starts the writer, kills it once it has printed `lines` numbers, and returns everything that it printed.
 */
const killWriter = async (directory: string, lines: number): Promise<readonly number[]> => {
  const child = spawn(process.execPath, [fixture('addEntries.ts'), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed: number[] = [];
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('life')) printed.push(Number(line));
    if (printed.length === lines) child.kill('SIGKILL');
  }
  await exited;
  return printed;
};

describe('an agent that is killed with SIGKILL while it writes facts', () => {
  const scratch = useScratch();

  it('has every fact that it had reported, and at most one more, time after time', async () => {
    const directory = scratch();
    for (let round = 1; round <= 4; round += 1) {
      const printed = await killWriter(directory, 1 + Math.floor(Math.random() * 60));
      const store = openStore(directory);
      const probe = makeFact(store.life, 1);
      const kept = store
        .factsOf(probe.planId)
        .filter((fact) => fact.origin.incarnation === store.life.incarnation - 1)
        .map((fact) => fact.seq);
      expect(store.life.incarnation).toBe(2 * round);
      expect(kept.slice(0, printed.length)).toEqual(printed);
      expect(kept.length - printed.length).toBeLessThanOrEqual(1);
      expect(store.badRows()).toBe(0);
      store.close();
    }
  }, 60_000);
});

const namespaces =
  process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true'], { stdio: 'ignore' }).status === 0;

describe('a disk that runs full', () => {
  const scratch = useScratch();
  const title = 'ends the write with STORE_DISK_FULL, keeps what was there, and goes on when there is room';

  it.skipIf(!namespaces)(
    namespaces ? title : `${title} [skipped: needs root and mount namespaces]`,
    () => {
      const directory = join(scratch(), 'tiny');
      mkdirSync(directory);
      const child = spawnSync(
        'unshare',
        ['-m', '--propagation', 'private', process.execPath, fixture('fillDisk.ts'), directory],
        { encoding: 'utf8' },
      );
      expect(child.stderr).toBe('');
      const result: unknown = JSON.parse(child.stdout);
      expect(result).toMatchObject({ code: 'STORE_DISK_FULL', reopened: 'STORE_DISK_FULL' });
      const { kept } = Object(result);
      expect(kept).toBeGreaterThan(10);
      expect(result).toMatchObject({ whileFull: kept, afterwards: kept + 1 });
    },
    60_000,
  );
});
