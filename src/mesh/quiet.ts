import type { Clock } from './clock.ts';
import type { MeshTrouble } from './trouble.ts';

const againMs = 60_000;
const keptMax = 1_024;

/** Passes on what is new: the same trouble with the same one is told once a minute, however often it comes. */
export const quieten = (
  clock: Pick<Clock, 'now'>,
  tell: (trouble: MeshTrouble) => void,
): ((trouble: MeshTrouble) => void) => {
  const toldAt = new Map<string, number>();
  return (trouble) => {
    const now = clock.now();
    const name = `${trouble.kind} ${trouble.host ?? ''} ${trouble.address}`;
    if (now - (toldAt.get(name) ?? Number.NEGATIVE_INFINITY) < againMs) return;
    if (toldAt.size >= keptMax) {
      for (const [old, atMs] of toldAt) if (now - atMs >= againMs) toldAt.delete(old);
    }
    // A flood from everywhere is told of for as long as there is room for it.
    if (toldAt.size >= keptMax) return;
    toldAt.set(name, now);
    tell(trouble);
  };
};
