import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BulkmeshError, messageOf } from '../errors.ts';
import { syncDirectory } from '../files.ts';

/** One secret that the hosts of a mesh share. */
export interface MeshKey {
  /** What it is called, in the clear, by whoever uses it; tells nothing of the key. */
  readonly id: string;
  /** What TLS gets, derived from the secret for that alone: 32 bytes. */
  readonly tlsSecret: Buffer;
}

/** What a key file holds. */
export interface KeyRing {
  /** The id of the mesh: that of its first key, which outlives it. */
  readonly meshId: string;
  readonly current: MeshKey;
  /** While hosts change over to the current one: what those have who have not. */
  readonly previous: MeshKey | undefined;
}

/** The lines of a file: secrets in hex, and the id of the mesh where it is not that of the current key. */
interface KeyLines {
  readonly current: string;
  readonly previous: string | undefined;
  readonly meshId: string | undefined;
}

/**
 * Reads a mesh key file: `bulkmesh init` makes it with one line, 32 random bytes in hex; a rotation adds a line
 * `previous HEX` and a line `mesh ID`. Undefined where there is no file.
 * @throws {BulkmeshError} MESH_KEY_EXPOSED when others could read or change it, MESH_KEY_BAD when it is no key or cannot
 * be read.
 */
export const readKeyRing = (file: string): KeyRing | undefined => {
  const lines = readLines(file);
  return lines === undefined ? undefined : makeRing(lines);
};

/**
 * The keys of a text as it stands in a key file; `place` says where it comes from.
 * @throws {BulkmeshError} MESH_KEY_BAD
 */
export const parseKeyRing = (text: string, place: string): KeyRing =>
  makeRing(parseLines(text.trim(), place));

/**
 * Gives the file a new key and keeps the old one beside it, durably: copied to the other hosts, one after the other, it
 * works with those that have it and those that do not yet.
 * @throws {BulkmeshError} as `readKeyRing`; MESH_KEY_NONE without a file, MESH_KEY_ROTATING when the last rotation has
 * not been ended.
 */
export const rotateKey = async (file: string): Promise<KeyRing> => {
  const { current, previous, meshId } = demandLines(file);
  if (previous !== undefined) {
    throw new BulkmeshError('MESH_KEY_ROTATING', `${file}: the last change of keys has not been ended`, {
      hint: 'Copy this file to every host of the mesh, end that change, and begin the next one then.',
    });
  }
  return writeLines(file, {
    current: randomBytes(32).toString('hex'),
    previous: current,
    meshId: meshId ?? nameMesh(current),
  });
};

/** Ends a rotation: whoever has the old key alone is no member any more. @throws {BulkmeshError} as `rotateKey`. */
export const retireKey = async (file: string): Promise<KeyRing> =>
  writeLines(file, { ...demandLines(file), previous: undefined });

const demandLines = (file: string): KeyLines => {
  const lines = readLines(file);
  if (lines !== undefined) return lines;
  throw new BulkmeshError('MESH_KEY_NONE', `${file}: there is no mesh key`, {
    hint: 'Copy it from another host of the mesh, or make one with `bulkmesh init`.',
  });
};

const makeRing = ({ current, previous, meshId }: KeyLines): KeyRing => ({
  meshId: meshId ?? nameMesh(current),
  current: deriveKey(current),
  previous: previous === undefined ? undefined : deriveKey(previous),
});

const readLines = (file: string): KeyLines | undefined => {
  const text = readPrivateText(file)?.trim();
  return text === undefined ? undefined : parseLines(text, file);
};

const parseLines = (text: string, place: string): KeyLines => {
  const [current = '', ...rest] = text.split('\n').map((line) => line.trim());
  const fields = new Map(rest.map((line) => [line.replace(/ .*/, ''), line.replace(/^\S+ ?/, '')]));
  const [previous, meshId] = [fields.get('previous'), fields.get('mesh')];
  const isGood =
    fields.size === rest.length &&
    [...fields.keys()].every((name) => name === 'previous' || name === 'mesh') &&
    isSecret(current) &&
    (previous === undefined || (isSecret(previous) && previous !== current)) &&
    (meshId === undefined || /^[0-9a-f]{16}$/.test(meshId));
  if (!isGood) throw badKey(place, 'not 64 digits in hex');
  return { current, previous, meshId };
};

const isSecret = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** The text of a file that is its owner's alone: looked at and read by one handle, so that it is one file. */
const readPrivateText = (file: string): string | undefined => {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = Object(error);
    if (code === 'ENOENT') return undefined;
    // What O_NOFOLLOW says of a link: ELOOP, and EMLINK or EFTYPE on BSDs.
    if (['ELOOP', 'EMLINK', 'EFTYPE'].includes(code)) throw exposedKey(file, 'it is a link');
    throw badKey(file, String(code));
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() || stats.size > 4_096) throw badKey(file, 'no such file as init makes');
    const danger = findDanger(stats);
    if (danger !== undefined) throw exposedKey(file, danger);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
};

const findDanger = ({ uid, mode }: Stats): string | undefined => {
  const mine = process.geteuid?.();
  if (mine !== undefined && uid !== mine && uid !== 0) return `it belongs to account ${uid}`;
  return (mode & 0o077) === 0 ? undefined : `its mode is ${(mode & 0o777).toString(8)}`;
};

const writeLines = async (file: string, lines: KeyLines): Promise<KeyRing> => {
  const { current, previous, meshId } = lines;
  const temporary = `${file}.${randomBytes(6).toString('hex')}.new`;
  const text = [
    current,
    ...(previous ? [`previous ${previous}`] : []),
    ...(meshId ? [`mesh ${meshId}`] : []),
  ];
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(`${text.join('\n')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncDirectory(dirname(file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw new BulkmeshError('MESH_KEY_NOT_WRITTEN', `${file}: ${messageOf(error)}`, {
      hint: 'The key that was there holds. Run this as the owner of the file, with room on its disk.',
      cause: error,
    });
  }
  const ring = readKeyRing(file);
  if (ring === undefined) throw badKey(file, 'gone as soon as it was written');
  return ring;
};

const nameMesh = (secret: string): string => nameBy('bulkmesh mesh id\n', secret);

const deriveKey = (secret: string): MeshKey => ({
  id: nameBy('bulkmesh key id\n', secret),
  tlsSecret: Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'hex'), '', 'bulkmesh tls 1.3 psk', 32)),
});

const nameBy = (use: string, secret: string): string =>
  createHash('sha256').update(use).update(secret, 'hex').digest('hex').slice(0, 16);

const badKey = (file: string, what: string): BulkmeshError =>
  new BulkmeshError('MESH_KEY_BAD', `${file}: no mesh key: ${what}`, {
    hint: 'Copy it from another host of the mesh, or take it away: then this host is for itself.',
  });

const exposedKey = (file: string, what: string): BulkmeshError =>
  new BulkmeshError('MESH_KEY_EXPOSED', `${file}: others could have read or changed this mesh key: ${what}`, {
    hint: 'Give it to the account of the agent or to root, with mode 600; make a new one if anybody may have read it.',
  });
