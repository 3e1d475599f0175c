import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { NewFiles } from '../../src/config/newFiles.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { type KeyRing, parseKeyRing, readKeyRing, retireKey, rotateKey } from '../../src/mesh/key.ts';

/** A mesh key as people may see it: ids, which tell nothing of the secrets. */
export interface KeyView {
  readonly file: string;
  /** The id of the mesh. */
  readonly mesh: string;
  readonly current: string;
  /** While hosts change over to the current one. */
  readonly previous: string | undefined;
}

/** What is called what in a key file; undefined where there is none. Throws as `readKeyRing`. */
export const viewKey = (file: string): KeyView | undefined => {
  const ring = readKeyRing(file);
  return ring === undefined ? undefined : describeRing(file, ring);
};

/** Begins a change of keys in this file. Throws as `rotateKey`. */
export const rotateFile = async (file: string): Promise<KeyView> => describeRing(file, await rotateKey(file));

/** Ends the change of keys in this file. Throws as `retireKey`. */
export const retireFile = async (file: string): Promise<KeyView> => describeRing(file, await retireKey(file));

const describeRing = (file: string, { meshId, current, previous }: KeyRing): KeyView => ({
  ...{ file, mesh: meshId, current: current.id, previous: previous?.id },
});

/**
 * Stores a key that came another way than by file, as a file of this account alone, durably. Nothing is changed where the
 * file is there and has this key, as the current or the previous one. `place` says where the text comes from.
 * @throws {BulkmeshError} MESH_KEY_BAD for a text that is no key; MESH_KEY_OTHER where another key is there; as `readKeyRing`
 */
export const storeKey = async (file: string, text: string, place: string): Promise<KeyView> => {
  const given = parseKeyRing(text, place);
  if (readKeyRing(file) === undefined) {
    const files = new NewFiles();
    await files.addDirectory(dirname(file), 0o700);
    await files.addFile(file, `${text.trim()}\n`, 0o600);
  }
  return demandSame(file, given, place);
};

/**
 * Makes sure that two files of one mesh do not hold keys that have nothing to do with each other.
 * @throws {BulkmeshError} MESH_KEY_OTHER; as `readKeyRing`
 */
export const demandSameKey = (file: string, other: string): void => {
  const given = readKeyRing(other);
  if (given !== undefined && readKeyRing(file) !== undefined) demandSame(file, given, other);
};

const demandSame = (file: string, given: KeyRing, place: string): KeyView => {
  // Somebody else may have been quicker to make it.
  const there = readKeyRing(file);
  const known = there === undefined ? [] : [there.current.id, there.previous?.id];
  if (there !== undefined && known.includes(given.current.id)) return describeRing(file, there);
  throw new BulkmeshError('MESH_KEY_OTHER', `${file} has another mesh key than ${place}`, {
    hint: `To join the other mesh, move ${file} away. After a change of keys, copy the file of a host that has the new one.`,
  });
};

/** Between two looks at the file. */
const lookMs = 5_000;

/**
 * Tells of each change of a key file from now on: call it with the keys just read. A file that is gone, broken, or of another
 * mesh is told once as trouble, in words, and the keys from before hold.
 * @returns a function that ends the watch
 */
export const watchKeyRing = (
  file: string,
  onChange: (keys: KeyRing) => void,
  onTrouble: (text: string) => void,
  everyMs = lookMs,
): (() => void) => {
  let stamp = readStamp(file);
  let known = tryRead(file).ring;
  const look = (): void => {
    const now = readStamp(file);
    if (now === stamp) return;
    stamp = now;
    const { ring, trouble } = tryRead(file);
    if (ring === undefined) {
      onTrouble(`${trouble}; the mesh key from before holds`);
    } else if (known !== undefined && ring.meshId !== known.meshId) {
      onTrouble(
        `${file} has the key of another mesh, ${ring.meshId}: it is taken when the agent starts anew`,
      );
    } else {
      const isSame = known?.current.id === ring.current.id && known.previous?.id === ring.previous?.id;
      known = ring;
      if (!isSame) onChange(ring);
    }
  };
  const timer = setInterval(look, everyMs);
  // A watch alone keeps no agent alive.
  timer.unref();
  return () => clearInterval(timer);
};

const tryRead = (file: string): { readonly ring: KeyRing | undefined; readonly trouble: string } => {
  try {
    return { ring: readKeyRing(file), trouble: `${file} is gone` };
  } catch (error) {
    return { ring: undefined, trouble: messageOf(error) };
  }
};

/** Another one whenever the file may have become another; rights are mended without a new time of its content. */
const readStamp = (file: string): string => {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(file);
    return [ino, size, mtimeMs, ctimeMs].join();
  } catch (error) {
    return String(Object(error).code);
  }
};
