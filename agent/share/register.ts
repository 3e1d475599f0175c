import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { type FileLock, lockFile } from '../../src/store/fileLock.ts';

const entrySchema = z.strictObject({
  /** The host id of the agent: one for each state directory. */
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  pid: z.int().min(1),
  configFile: z.string(),
  /** What it would take of the host if it were alone. */
  slots: z.int().min(1),
  cores: z.int().min(1),
  /** Real paths of directories that no other agent of this host may write to meanwhile. */
  directories: z.array(z.string()),
  /** Unix milliseconds. */
  sinceMs: z.number(),
});

/** One agent of this host that has work. */
export type Entry = Readonly<z.infer<typeof entrySchema>>;

/** The agents of one host that have work: a file for each in a directory, held by a lock while it is true. */
export interface Register {
  /** Enters or changes the entry of this agent. Throws what the file system throws. */
  enter(entry: Entry): void;
  leave(): void;
  /** The others that live, by id. What dead ones left is removed. Never throws. */
  listOthers(): readonly Entry[];
}

/** Somebody who only looks whether we live holds our lock for a moment. */
const patienceMs = 1_000;

/** Opens the register in `dir`, which `findRegisterDir` chose, for the agent of this id. */
export const openRegister = (dir: string, id: string): Register => {
  let held: FileLock | undefined;
  return {
    enter: (entry) => {
      held ??= lockFile(join(dir, `${id}.lock`), patienceMs);
      if (held === undefined) {
        throw new BulkmeshError('SHARE_TAKEN', `${dir}: another process stands for agent ${id}`, {
          hint: 'End the other agent of the same state directory.',
        });
      }
      const file = join(dir, `${id}.json`);
      writeFileSync(`${file}.new`, JSON.stringify(entry), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
    leave: () => {
      if (held === undefined) return;
      // The entry first: whoever finds the lock free finds nothing to be wrong about. The lock's own file stays: were
      // it removed, one process could hold the old file and another a new one.
      rmSync(join(dir, `${id}.json`), { force: true });
      held.release();
      held = undefined;
    },
    listOthers: () => {
      const ids = listIds(dir).filter((other) => other !== id);
      return ids.flatMap((other) => readLiving(dir, other) ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },
  };
};

const listIds = (dir: string): readonly string[] => {
  try {
    return readdirSync(dir).flatMap((name) => /^([A-Za-z0-9_-]{1,64})\.json$/.exec(name)?.[1] ?? []);
  } catch {
    return [];
  }
};

const readLiving = (dir: string, id: string): Entry | undefined => {
  try {
    const free = lockFile(join(dir, `${id}.lock`), 0);
    if (free !== undefined) {
      rmSync(join(dir, `${id}.json`), { force: true });
      free.release();
      return undefined;
    }
    const entry = entrySchema.safeParse(JSON.parse(readFileSync(join(dir, `${id}.json`), 'utf8')));
    return entry.success && entry.data.id === id ? entry.data : undefined;
  } catch {
    // It is just leaving, or the entry is of another version: either way there is nothing to count with.
    return undefined;
  }
};

/** Where agents of one host and account find each other; or why they cannot. */
export type RegisterPlace =
  | { readonly kind: 'found'; readonly dir: string }
  | { readonly kind: 'none'; readonly why: string };

/**
 * The directory of the register: what $BULKMESH_SHARE names (empty: none), else `bulkmesh` in /run (for root) or in
 * $XDG_RUNTIME_DIR. Made if need be; it must belong to this account, and nobody else may write to it.
 */
export const findRegisterDir = (env: Readonly<Record<string, string | undefined>>): RegisterPlace => {
  const isRoot = process.getuid?.() === 0;
  const run = isRoot ? (process.platform === 'linux' ? '/run' : '/var/run') : env.XDG_RUNTIME_DIR;
  const usual = run === undefined || run === '' ? undefined : join(run, 'bulkmesh');
  const dir = env.BULKMESH_SHARE ?? usual;
  if (dir === '') return { kind: 'none', why: '$BULKMESH_SHARE is empty' };
  if (dir === undefined) return { kind: 'none', why: '$XDG_RUNTIME_DIR is not set' };
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const found = lstatSync(dir);
    const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
    return isOurs ? { kind: 'found', dir } : { kind: 'none', why: `${dir} is not this account’s alone` };
  } catch (error) {
    return { kind: 'none', why: messageOf(error) };
  }
};
