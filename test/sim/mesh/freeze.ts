/** Makes an object and all that it holds unchangeable; what is frozen already is taken to be so to the bottom. */
export const freezeDeeply = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const each of Object.values(value)) freezeDeeply(each);
  }
  return value;
};
