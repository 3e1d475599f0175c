import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import {
  demandSameKey,
  type KeyView,
  retireFile,
  rotateFile,
  storeKey,
  viewKey,
  watchKeyRing,
} from '../../../agent/mesh/keys.ts';
import type { KeyRing } from '../../../src/mesh/key.ts';
import { useScratch } from '../../store/scratch.ts';

const [one, two] = ['ab'.repeat(32), 'cd'.repeat(32)];
const failing = (code: string) => expect.objectContaining({ code });

describe('a mesh key that came without a file', () => {
  const scratch = useScratch();

  it('is kept as a file of this account alone, once, and never in place of another one', async () => {
    const file = join(scratch(), 'state', 'mesh.key');
    const view = await storeKey(file, ` ${one}\n\n`, '$KEY');
    expect(readFileSync(file, 'utf8')).toBe(`${one}\n`);
    expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(view).toEqual({ file, mesh: expect.stringMatching(/^[0-9a-f]{16}$/), current: view.current });
    expect(JSON.stringify(view)).not.toContain(one);

    const { mtimeMs } = statSync(file);
    await storeKey(file, one, '$KEY');
    expect(statSync(file).mtimeMs).toBe(mtimeMs);
    await expect(storeKey(file, two, '$KEY')).rejects.toMatchObject({
      code: 'MESH_KEY_OTHER',
      message: expect.stringContaining(`${file} has another mesh key than $KEY`),
    });
    await expect(storeKey(file, 'pass word', '$KEY')).rejects.toMatchObject({
      code: 'MESH_KEY_BAD',
      message: expect.not.stringContaining('pass word'),
    });
    expect(readFileSync(file, 'utf8')).toBe(`${one}\n`);

    // In the midst of a change of keys either of the two is a key of this mesh.
    await rotateFile(file);
    expect(await storeKey(file, one, '$KEY')).toMatchObject({ mesh: view.mesh, previous: view.current });
    const [other, absent] = [join(scratch(), 'other'), join(scratch(), 'absent')];
    writeFileSync(other, two, { mode: 0o600 });
    expect(() => demandSameKey(file, other)).toThrow(failing('MESH_KEY_OTHER'));
    expect(() => demandSameKey(file, absent)).not.toThrow();
    expect(existsSync(absent)).toBe(false);
  });
});

describe('the watch of a key file', () => {
  const scratch = useScratch();

  it('tells of changed keys, and of a file that is bad or of another mesh, whose keys it does not take', async () => {
    const file = join(scratch(), 'mesh.key');
    const view = async (): Promise<KeyView> => viewKey(file) ?? Promise.reject(new Error('no key'));
    writeFileSync(file, `${one}\n`, { mode: 0o600 });
    const changes: KeyRing[] = [];
    const troubles: string[] = [];
    const end = watchKeyRing(
      file,
      (ring) => changes.push(ring),
      (text) => troubles.push(text),
      5,
    );
    try {
      const old = await view();
      const rotated = await rotateFile(file);
      expect(rotated).toMatchObject({ mesh: old.mesh, previous: old.current });
      await vi.waitFor(() => expect(changes).toHaveLength(1));
      expect(changes[0]).toMatchObject({ meshId: old.mesh, current: { id: rotated.current } });

      const text = readFileSync(file, 'utf8');
      chmodSync(file, 0o644);
      await vi.waitFor(() =>
        expect(troubles.at(-1)).toContain('its mode is 644; the mesh key from before holds'),
      );
      chmodSync(file, 0o600);
      writeFileSync(file, 'half of');
      await vi.waitFor(() => expect(troubles.at(-1)).toContain('no mesh key'));
      writeFileSync(file, two);
      await vi.waitFor(() => expect(troubles.at(-1)).toContain('the key of another mesh'));
      rmSync(file);
      await vi.waitFor(() => expect(troubles.at(-1)).toContain('is gone'));
      expect(changes).toHaveLength(1);

      writeFileSync(file, text, { mode: 0o600 });
      await retireFile(file);
      await vi.waitFor(() => expect(changes).toHaveLength(2));
      expect(changes[1]).toMatchObject({ current: { id: rotated.current }, previous: undefined });
    } finally {
      end();
    }
  });
});
