import { BulkmeshError } from '../../src/errors.ts';
import type { Room } from './room.ts';

/**
 * The sandbox that a person means: by its slot, by the name of a held one without `dev-`, or by the package that is built
 * in it or that it was kept of. Throws SANDBOX_UNKNOWN; `suggest` finds the name nearest to a mistyped one.
 */
export const findRoom = (
  rooms: readonly Room[],
  name: string,
  suggest: (names: readonly string[]) => string | undefined,
): Room => {
  const found =
    rooms.find(({ slot }) => slot === name) ??
    rooms.find(({ kind, slot }) => kind === 'held' && slot === `dev-${name}`) ??
    rooms.find(({ kind, pkg }) => kind === 'slot' && pkg === name);
  if (found !== undefined) return found;
  const names = rooms.map(({ slot }) => slot);
  const near = suggest(names);
  throw new BulkmeshError('SANDBOX_UNKNOWN', `there is no sandbox "${name}"`, {
    hint:
      names.length === 0
        ? 'there are none: builds make them, and so does `bulkmesh sandbox create`'
        : `${near === undefined ? '' : `did you mean ${near}? `}there are: ${names.join(', ')}`,
  });
};
