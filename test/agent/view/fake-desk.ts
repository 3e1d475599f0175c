import { Readable } from 'node:stream';
import type { Desk } from '../../../agent/view/desk.ts';
import type { MeshSnapshot } from '../../../agent/view/meshView.ts';
import type { PackagePlace } from '../../../agent/view/places.ts';
import { BulkmeshError } from '../../../src/errors.ts';

const nothing: MeshSnapshot = { mesh: undefined, atMs: 0, coordinator: undefined, hosts: [], builds: [] };

/** A desk that shows one picture of a mesh, and keeps what it was asked; `nobody` is a host that there is not. */
export const createFakeDesk = (
  asked: string[],
  mesh: MeshSnapshot = nothing,
  places: readonly PackagePlace[] = [],
): Pick<Desk, 'viewMesh' | 'order' | 'evict' | 'findPlaces' | 'openLog'> => {
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
    findPlaces: async () => places,
    openLog: async ({ host, pkg, stage, follows }) => {
      asked.push(`${host} log ${pkg} ${stage}${follows ? ' follow' : ''}`);
      return Readable.from([`log of ${pkg}\n`, 'second line\x1b[31m\n']);
    },
    evict: async (host, isForced) => keep(host, `evict${isForced ? ' by force' : ''}`),
  };
};
