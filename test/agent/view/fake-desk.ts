import type { Desk } from '../../../agent/view/desk.ts';
import type { MeshSnapshot } from '../../../agent/view/meshView.ts';
import { BulkmeshError } from '../../../src/errors.ts';

const nothing: MeshSnapshot = { mesh: undefined, atMs: 0, coordinator: undefined, hosts: [], builds: [] };

/** A desk that shows one picture of a mesh, and keeps what it was asked; `nobody` is a host that there is not. */
export const createFakeDesk = (
  asked: string[],
  mesh: MeshSnapshot = nothing,
): Pick<Desk, 'viewMesh' | 'order' | 'evict'> => {
  const keep = (host: string | undefined, what: string): { text: string; names: string[] } => {
    asked.push(`${host ?? 'self'} ${what}`);
    if (host === 'nobody') {
      throw new BulkmeshError('HOST_UNKNOWN', 'there is no host "nobody" in the mesh', {
        hint: 'There are: a.',
      });
    }
    return { text: `done: ${what}`, names: host === undefined ? [] : [host] };
  };
  return {
    viewMesh: async () => mesh,
    order: async (host, order) => keep(host, JSON.stringify(order)),
    evict: async (host, isForced) => keep(host, `evict${isForced ? ' by force' : ''}`),
  };
};
