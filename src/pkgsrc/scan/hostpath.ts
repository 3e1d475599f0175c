import { join } from 'node:path';
import type { SandboxSpec } from '../../sandbox/driver.ts';

/**
 * Where a path of the sandbox lies on this host, for what is shared with it; undefined for what only the sandbox has: the
 * bootstrap kit, the work area, the system. Of places within each other the innermost counts.
 */
export function makeHostPath(
  spec: Pick<SandboxSpec, 'shares' | 'opaqueDirs' | 'freshDirs'>,
): (path: string) => string | undefined {
  const places: readonly { readonly target: string; readonly source: string | undefined }[] = [
    ...spec.shares,
    ...[...spec.opaqueDirs, ...spec.freshDirs.map(({ path }) => path)].map((target) => {
      return { target, source: undefined };
    }),
  ].toSorted((one, other) => other.target.length - one.target.length);
  return (path) => {
    const place = places.find(({ target }) => path === target || path.startsWith(`${target}/`));
    if (place?.source === undefined) return undefined;
    const below = path.slice(place.target.length);
    return place.source === place.target ? path : `${join(place.source, below)}`;
  };
}
