/**
 * A bug in the core or in the shell that drives it: a slot used twice, a clock that went back. Nobody catches it;
 * the agent stops, and a restart recovers from the facts.
 */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

/** Throws `AssertionFailure` unless the condition holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** Closes a switch over a union: a kind that is not handled does not compile. */
export const never = (value: never): never => {
  throw new AssertionFailure(`unexpected value: ${JSON.stringify(value)}`);
};

/** The item at an index that is known to be within the list; throws `AssertionFailure` when it is not. */
export const itemAt = <Item>(list: ArrayLike<Item>, index: number): Item => {
  const item = list[index];
  if (item === undefined) throw new AssertionFailure(`no item at ${index} of ${list.length}`);
  return item;
};
