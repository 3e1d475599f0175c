import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type KeyRing, readKeyRing, retireKey, rotateKey } from '../../src/mesh/key.ts';
import { useScratch } from '../store/scratch.ts';

const secret = 'ab'.repeat(32);
const failing = (code: string) => expect.objectContaining({ code });

describe('a mesh key', () => {
  const scratch = useScratch();
  const place = (text = `${secret}\n`, mode = 0o600): string => {
    const file = join(scratch(), 'mesh.key');
    writeFileSync(file, text, { mode });
    chmodSync(file, mode);
    return file;
  };
  const read = (file: string): KeyRing => {
    const ring = readKeyRing(file);
    if (ring === undefined) throw new Error('no key');
    return ring;
  };

  it('gives TLS a secret of its own and everybody names, none of which tells of the key', () => {
    const { current, previous, meshId } = read(place());
    expect(current.tlsSecret).toHaveLength(32);
    expect(current.tlsSecret.toString('hex')).not.toBe(secret);
    expect(new Set([current.id, meshId, current.tlsSecret.toString('hex').slice(0, 16)]).size).toBe(3);
    expect(previous).toBeUndefined();
  });

  it('may be missing', () => {
    expect(readKeyRing(join(scratch(), 'mesh.key'))).toBeUndefined();
  });

  it.each([0o644, 0o640, 0o620, 0o604, 0o601])('that others may come at (mode %o) is not used', (mode) => {
    expect(() => readKeyRing(place(undefined, mode))).toThrow(failing('MESH_KEY_EXPOSED'));
  });

  it('behind a link is not used', () => {
    const link = join(scratch(), 'link');
    symlinkSync(place(), link);
    expect(() => readKeyRing(link)).toThrow(failing('MESH_KEY_EXPOSED'));
  });

  it.skipIf(process.getuid?.() !== 0)('of another account is not used (as root)', async () => {
    const file = place();
    const { chownSync } = await import('node:fs');
    chownSync(file, 12_345, 0);
    expect(() => readKeyRing(file)).toThrow(failing('MESH_KEY_EXPOSED'));
  });

  it.each([
    ['has another line', `${secret}\nkey ${secret}\n`],
    ['has a line twice', `${secret}\nmesh 0123456789abcdef\nmesh 0123456789abcdef\n`],
    ['has itself for its previous one', `${secret}\nprevious ${secret}\n`],
    ['has a short previous one', `${secret}\nprevious abcd\n`],
    ['is large', 'ab'.repeat(5_000)],
  ])('that %s is none', (_what, text) => {
    expect(() => readKeyRing(place(text))).toThrow(failing('MESH_KEY_BAD'));
  });

  it('can be changed: the old one holds beside the new one, and the mesh keeps its id', async () => {
    const file = place();
    const before = read(file);
    const rotated = await rotateKey(file);
    expect(rotated.meshId).toBe(before.meshId);
    expect(rotated.previous).toEqual(before.current);
    expect(rotated.current.id).not.toBe(before.current.id);
    expect(read(file)).toEqual(rotated);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const retired = await retireKey(file);
    expect(retired).toEqual({ ...rotated, previous: undefined });
    expect(readFileSync(file, 'utf8')).not.toContain(secret);
    expect((await rotateKey(file)).meshId).toBe(before.meshId);
  });

  it('is not changed again before the last change has ended: some host would have neither', async () => {
    const file = place();
    const { current } = await rotateKey(file);
    await expect(rotateKey(file)).rejects.toThrow(failing('MESH_KEY_ROTATING'));
    expect(read(file).current).toEqual(current);
  });

  it('that is not there cannot be changed', async () => {
    await expect(rotateKey(join(scratch(), 'mesh.key'))).rejects.toThrow(failing('MESH_KEY_NONE'));
  });
});
