import type { SandboxSpec, SlotIds, UserId } from './driver.ts';

/** The user that a sandbox shows as its build user, and the number that this has on the host. */
export interface MappedUser {
  readonly inside: number;
  readonly outside: number;
}

/** Which slots of this process have which of their user ids. */
export class SlotNumbers {
  readonly #taken = new Map<string, number>();

  /** A number that no other slot has until it is given back: for `build-3` the third, where that is free. */
  take(slot: string, { first, count }: SlotIds): number {
    const used = new Set(this.#taken.values());
    const all = Array.from({ length: count }, (_, index) => first + index);
    const number = Number(/^build-(\d{1,6})$/.exec(slot)?.[1] ?? 0);
    const wished = number > 0 && number < count / 2 ? [first + number] : [];
    // The others from the end, so that those of builds stay as their names say.
    const found = [...wished, ...all.toReversed()].find((id) => !used.has(id));
    if (found === undefined) throw new Error(`all of the ${count} user ids for slots are taken`);
    this.#taken.set(slot, found);
    return found;
  }

  giveBack(slot: string): void {
    this.#taken.delete(slot);
  }
}

/** What a sandbox is to look like, with the host's numbers of the user that its slot builds as. */
export function ownBy(spec: SandboxSpec, mapped: MappedUser | undefined): SandboxSpec {
  if (mapped === undefined) return spec;
  const own = (user: UserId | undefined) =>
    user?.uid === mapped.inside ? { ...user, uid: mapped.outside } : user;
  return { ...spec, freshDirs: spec.freshDirs.map((dir) => ({ ...dir, owner: own(dir.owner) })) };
}

/**
 * A user map (user_namespaces(7)) that gives each id its own number, but the build user that of the slot; the number itself
 * is then nobody inside. `map` is the text of the map that this process has; undefined when that has not both.
 */
export function mapSlotUser(map: string, { inside, outside }: MappedUser): string | undefined {
  const ranges = [...map.matchAll(/^\s*(\d+)\s+\d+\s+(\d+)$/gm)].map(([, first, count]) => ({
    first: Number(first),
    end: Number(first) + Number(count),
  }));
  const has = (id: number) => ranges.some(({ first, end }) => first <= id && id < end);
  if (!has(inside) || !has(outside)) return undefined;
  const holes = [inside, outside].toSorted((a, b) => a - b);
  const pieces = holes.reduce(
    (all, hole) =>
      all.flatMap(({ first, end }) =>
        first <= hole && hole < end
          ? [
              { first, end: hole },
              { first: hole + 1, end },
            ]
          : [{ first, end }],
      ),
    ranges,
  );
  const lines = pieces.filter(({ first, end }) => end > first);
  return [
    ...lines.map(({ first, end }) => `${first} ${first} ${end - first}`),
    `${inside} ${outside} 1`,
  ].join('\n');
}
