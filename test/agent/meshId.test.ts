import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findMeshId } from '../../agent/meshId.ts';
import { hostId } from '../../src/core/ids.ts';
import { useScratch } from '../store/scratch.ts';

describe('the id of a mesh', () => {
  const scratch = useScratch();
  const key = 'ab'.repeat(32);
  const find = (text: string, host = 'h1'): string => {
    const dir = scratch();
    writeFileSync(join(dir, 'mesh.key'), text, { mode: 0o600 });
    return findMeshId(join(dir, 'mesh.key'), hostId(host));
  };

  it('is the same on all hosts with one key, tells nothing of it, and differs with another one', () => {
    const id = find(`${key}\n`);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(key).not.toContain(id);
    expect(find(key, 'h2')).toBe(id);
    expect(find('cd'.repeat(32))).not.toBe(id);
  });

  it('is that of the host where there is no key', () => {
    expect(findMeshId(join(scratch(), 'mesh.key'), hostId('h1'))).toBe('h1');
  });

  it('is not made from what is no key: that names the file', () => {
    const bad = expect.objectContaining({
      code: 'MESH_KEY_BAD',
      message: expect.stringContaining('mesh.key'),
    });
    for (const text of ['', 'secret', key.slice(1), `${key}00`]) expect(() => find(text), text).toThrow(bad);
    const dir = scratch();
    mkdirSync(join(dir, 'mesh.key'));
    expect(() => findMeshId(join(dir, 'mesh.key'), hostId('h1'))).toThrow(bad);
  });
});
