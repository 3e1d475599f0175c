import { createHash, randomBytes } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BulkmeshError, messageOf } from '../errors.ts';
import { isKeptLower } from './keep/store.ts';
import { isRunning, ownProcess } from './proc.ts';
import { runTool } from './process.ts';
import { slotsDir } from './record.ts';
import { removeTree } from './remove.ts';

/** A bootstrap kit, unpacked, ready to be a layer of sandboxes. */
export interface KitLayer {
  readonly dir: string;
  /** sha256 of the tarball, hexadecimal. */
  readonly digest: string;
}

const underway = new Map<string, Promise<void>>();
const temporaryName = /^\.new-[0-9a-f]{64}-(\d+)-(\d+)$/;

/**
 * Unpacks a bootstrap kit (a tar archive, compressed or not) into the state directory, once per content, with its
 * owners and modes. The same tarball gives the same directory at once. Throws KIT_MISSING, KIT_NOT_A_TARBALL,
 * KIT_UNSAFE (a member with an absolute path or `..`) and KIT_UNPACK; leaves nothing half made.
 */
export async function ensureKitLayer(stateDir: string, tarball: string): Promise<KitLayer> {
  const digest = await hashTarball(tarball);
  const dir = join(layersDir(stateDir), digest);
  if (!existsSync(dir)) {
    const running = underway.get(dir) ?? unpack(stateDir, tarball, dir, digest);
    underway.set(dir, running);
    await running.finally(() => underway.delete(dir));
  }
  // The sweep keeps those used last.
  utimesSync(dir, new Date(), new Date());
  return { dir, digest };
}

/** A kit that is unpacked already, by the hash of its tarball; it counts as used. */
export function findKitLayer(stateDir: string, digest: string): KitLayer | undefined {
  if (!/^[0-9a-f]{64}$/.test(digest)) return undefined;
  const dir = join(layersDir(stateDir), digest);
  if (!existsSync(dir)) return undefined;
  utimesSync(dir, new Date(), new Date());
  return { dir, digest };
}

/** So many unpacked kits stay, those used last, for whoever goes back and forth between two. */
const kitsKept = 2;

/**
 * Removes what an unpacking left that a dead agent had begun, and kits that were not used for long and lie below no
 * sandbox. Returns the number of directories removed.
 */
export async function sweepKitLayers(stateDir: string): Promise<number> {
  let removed = 0;
  for (const dir of listOldKits(stateDir)) {
    // Under its own name, a kit that is only half deleted when the agent dies would be taken for a whole one.
    const { pid, startTicks } = ownProcess();
    const going = join(layersDir(stateDir), `.new-${randomBytes(32).toString('hex')}-${pid}-${startTicks}`);
    renameSync(dir, going);
    await removeTree(going);
    removed += 1;
  }
  for (const name of listNames(layersDir(stateDir))) {
    const owner = temporaryName.exec(name);
    if (owner === null || isRunning({ pid: Number(owner[1]), startTicks: Number(owner[2]) })) continue;
    await removeTree(join(layersDir(stateDir), name));
    removed += 1;
  }
  return removed;
}

function listOldKits(stateDir: string): readonly string[] {
  const dirs = listNames(layersDir(stateDir))
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .map((name) => join(layersDir(stateDir), name));
  const usedAtMs = (dir: string): number => statSync(dir).mtimeMs;
  const old = dirs.toSorted((a, b) => usedAtMs(b) - usedAtMs(a)).slice(kitsKept);
  return old.filter((dir) => !isKeptLower(stateDir, dir) && !isInSlot(stateDir, dir));
}

/** By the mount tables of slots: whoever holds them. */
function isInSlot(stateDir: string, kit: string): boolean {
  return listNames(slotsDir(stateDir)).some((slot) => {
    const table = join(slotsDir(stateDir), slot, 'fstab.system');
    return existsSync(table) && readFileSync(table, 'utf8').includes(kit);
  });
}

function layersDir(stateDir: string): string {
  return join(stateDir, 'layers');
}

async function hashTarball(tarball: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    if (!statSync(tarball).isFile()) throw notATarball(tarball, 'it is not a file');
    await pipeline(createReadStream(tarball), hash);
  } catch (error) {
    if (error instanceof BulkmeshError) throw error;
    throw new BulkmeshError('KIT_MISSING', `cannot read the bootstrap kit ${tarball}: ${messageOf(error)}`, {
      hint: 'set pkgsrc.bootstrapKit to the tarball that bootstrap made with --binary-kit',
      cause: error,
    });
  }
  return hash.digest('hex');
}

async function unpack(stateDir: string, tarball: string, dir: string, digest: string): Promise<void> {
  await checkMembers(tarball);
  const own = ownProcess();
  const next = join(layersDir(stateDir), `.new-${digest}-${own.pid}-${own.startTicks}`);
  try {
    mkdirSync(next, { recursive: true, mode: 0o755 });
    const done = await runTool(['tar', '--numeric-owner', '-xpf', tarball, '-C', next]);
    if (!done.ok) throw new Error(done.stderr);
    // A power cut must not leave the final name over empty files.
    if (process.platform === 'linux') await runTool(['sync', '-f', next]);
    renameSync(next, dir);
  } catch (error) {
    await removeTree(next);
    throw new BulkmeshError('KIT_UNPACK', `cannot unpack ${tarball} below ${next}: ${messageOf(error)}`, {
      hint: 'look for free space, and for the program that undoes its compression',
      cause: error,
    });
  }
}

async function checkMembers(tarball: string): Promise<void> {
  const listed = await runTool(['tar', '-tf', tarball]);
  if (!listed.ok) throw notATarball(tarball, listed.stderr.split('\n')[0] ?? '');
  const members = listed.stdout.split('\n').filter((name) => name !== '');
  if (members.length === 0) throw notATarball(tarball, 'it holds nothing');
  const unsafe = members.find((name) => name.startsWith('/') || name.split('/').includes('..'));
  if (unsafe === undefined) return;
  throw new BulkmeshError('KIT_UNSAFE', `the bootstrap kit ${tarball} has a member "${unsafe}"`, {
    hint: 'pack it relative to the root directory: tar -C / -czf kit.tar.gz usr/pkg',
  });
}

function notATarball(tarball: string, why: string): BulkmeshError {
  return new BulkmeshError('KIT_NOT_A_TARBALL', `the bootstrap kit ${tarball} is no tarball: ${why}`, {
    hint: 'make one with pkgsrc/bootstrap/bootstrap --binary-kit, or with tar -C / -czf kit.tar.gz usr/pkg',
  });
}

function listNames(dir: string): readonly string[] {
  return lstatSync(dir, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(dir) : [];
}
