import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { makeFact } from './makeFact.ts';
import { useScratch } from './scratch.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const withCode = (code: string): unknown => expect.objectContaining({ code });

describe('openStore', () => {
  const scratch = useScratch();

  it('makes the state directory and its files for the owner only', () => {
    const directory = join(scratch(), 'deep', 'state');
    const store = openStore(directory);
    expect(mode(directory)).toBe('700');
    for (const name of ['bulkmesh.db', 'bulkmesh.db-wal', 'agent.lock', 'agent.pid']) {
      expect([name, mode(join(directory, name))]).toEqual([name, '600']);
    }
    store.close();
  });

  it('refuses a directory that others could write to, and closes one that others could only read', () => {
    const directory = scratch();
    chmodSync(directory, 0o777);
    expect(() => openStore(directory)).toThrow(withCode('STORE_NOT_OURS') as Error);
    chmodSync(directory, 0o755);
    openStore(directory).close();
    expect(mode(directory)).toBe('700');
  });

  it('keeps the host id for ever, counts every start and marks each by letters of its own', () => {
    const directory = scratch();
    const lives = [1, 2, 3].map(() => {
      const store = openStore(directory);
      store.close();
      return store.life;
    });
    expect(lives.map((life) => life.incarnation)).toEqual([1, 2, 3]);
    expect(new Set(lives.map((life) => life.host)).size).toBe(1);
    expect(lives[0]?.host).toMatch(/^[0-9A-Za-z]{21}$/);
    for (const { boot } of lives) expect(boot).toMatch(/^[a-z]{8}$/);
    expect(new Set(lives.map((life) => life.boot)).size).toBe(3);
  });

  it('refuses a second agent, also through another name of the directory, and says who has it', () => {
    const directory = join(scratch(), 'state');
    const store = openStore(directory);
    const alias = `${directory}-alias`;
    symlinkSync(directory, alias);
    const refused = expect.objectContaining({
      code: 'AGENT_ALREADY_RUNNING',
      message: expect.stringContaining(`pid ${process.pid}`),
    });
    expect(() => openStore(directory)).toThrow(refused);
    expect(() => openStore(alias)).toThrow(refused);
    // The refused attempts of this process have not cost it its lock.
    const other = spawnSync(process.execPath, [join(fixtures, 'tryOpen.ts'), directory], {
      encoding: 'utf8',
    });
    expect(other.stdout).toBe('AGENT_ALREADY_RUNNING');
    store.close();
    openStore(directory).close();
    expect(existsSync(join(directory, 'agent.pid'))).toBe(false);
  }, 30_000);

  it('refuses while an agent in another process lives, and opens at once when that was killed', async () => {
    const directory = scratch();
    const child = spawn(process.execPath, [join(fixtures, 'addEntries.ts'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(() => openStore(directory)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(`pid ${child.pid}`) }),
    );
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    const store = openStore(directory);
    expect(store.life.incarnation).toBe(2);
    store.close();
  }, 30_000);

  it('says so when the file was written by a later release, and leaves it as it is', () => {
    const directory = scratch();
    openStore(directory).close();
    const file = join(directory, 'bulkmesh.db');
    const sql = new DatabaseSync(file);
    sql.exec('PRAGMA user_version = 99');
    sql.close();
    const before = readFileSync(file);
    expect(() => openStore(directory)).toThrow(withCode('STORE_TOO_NEW'));
    expect(readFileSync(file).equals(before)).toBe(true);
    // The error let the lock go.
    expect(() => openStore(directory)).toThrow(withCode('STORE_TOO_NEW'));
  });

  it('refuses a file that is no database, a damaged one, and one of another program', () => {
    const directory = scratch();
    const file = join(directory, 'bulkmesh.db');
    writeFileSync(file, 'what is this? '.repeat(100));
    expect(() => openStore(directory)).toThrow(withCode('STORE_DAMAGED'));

    const other = scratch();
    const sql = new DatabaseSync(join(other, 'bulkmesh.db'));
    sql.exec('CREATE TABLE bookmarks (url TEXT)');
    sql.close();
    expect(() => openStore(other)).toThrow(withCode('STORE_FOREIGN'));

    const torn = scratch();
    openStore(torn).close();
    const bytes = readFileSync(join(torn, 'bulkmesh.db'));
    bytes.fill(0xff, 4096, 16384);
    writeFileSync(join(torn, 'bulkmesh.db'), bytes);
    expect(() => openStore(torn)).toThrow(withCode('STORE_DAMAGED'));
  });

  it('names the path when the state directory is a file', () => {
    const file = join(scratch(), 'state');
    writeFileSync(file, '');
    expect(() => openStore(file)).toThrow(
      expect.objectContaining({ code: 'STORE_NOT_WRITABLE', message: expect.stringContaining(file) }),
    );
  });

  it.skipIf(process.getuid?.() === 0)(
    `names the path when it may not write there${process.getuid?.() === 0 ? ' [skipped: root may]' : ''}`,
    () => {
      const directory = scratch();
      chmodSync(directory, 0o500);
      expect(() => openStore(join(directory, 'state'))).toThrow(withCode('STORE_NOT_WRITABLE'));
    },
  );

  it('undoes everything of `together` when it throws, and keeps all of it otherwise', () => {
    const store = openStore(scratch());
    const plan = makeFact(store.life, 1).planId;
    const changeAndThrow = () =>
      store.together(() => {
        store.addEntries([makeFact(store.life, 1)]);
        expect(store.factsOf(plan)).toHaveLength(1);
        throw new Error('no');
      });
    expect(changeAndThrow).toThrow('no');
    expect(store.factsOf(plan)).toEqual([]);
    store.together(() => {
      store.addEntries([makeFact(store.life, 1)]);
      store.addEntries([makeFact(store.life, 2)]);
    });
    expect(store.factsOf(plan)).toHaveLength(2);
    store.close();
  });
});
