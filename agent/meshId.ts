import type { HostId } from '../src/core/ids.ts';
import { readKeyRing } from '../src/mesh/key.ts';

/**
 * Which mesh an agent belongs to: what its mesh key is called, which tells nothing of the key itself. A host without a
 * key is a mesh of its own.
 * @throws {BulkmeshError} MESH_KEY_BAD when what is there is no key, or cannot be read; MESH_KEY_EXPOSED when it is not its
 * owner's alone.
 */
export const findMeshId = (keyFile: string, host: HostId): string => readKeyRing(keyFile)?.meshId ?? host;
