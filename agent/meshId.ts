import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostId } from '../src/core/ids.ts';
import { BulkmeshError } from '../src/errors.ts';

/**
 * Which mesh an agent belongs to: what its mesh key is called, which tells nothing of the key itself. A host without a
 * key is a mesh of its own.
 * @throws {BulkmeshError} MESH_KEY_BAD when what is there is no key, or cannot be read.
 */
export const findMeshId = (stateDir: string, host: HostId): string => {
  const file = join(stateDir, 'mesh.key');
  const text = readKey(file);
  if (text === undefined) return host;
  if (!/^[0-9a-f]{64}$/.test(text)) throw badKey(file, 'not 64 digits in hex');
  return createHash('sha256').update('bulkmesh mesh id\n').update(text, 'hex').digest('hex').slice(0, 16);
};

const readKey = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = Object(error);
    if (code === 'ENOENT') return undefined;
    throw badKey(file, String(code));
  }
};

const badKey = (file: string, what: string): BulkmeshError =>
  new BulkmeshError('MESH_KEY_BAD', `${file}: no mesh key: ${what}`, {
    hint: 'Copy it from another host of the mesh, or take it away: then this host is for itself.',
  });
