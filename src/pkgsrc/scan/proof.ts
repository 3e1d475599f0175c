/**
 * Packs numbers of states, for a column of the store: sorted, each as the distance from the one before, seven bits a byte,
 * the high bit says that more follow. Paths share most of their files, so most distances are small.
 */
export function packProof(states: Iterable<number>): Uint8Array {
  const bytes: number[] = [];
  let before = 0;
  for (const state of [...new Set(states)].sort((one, other) => one - other)) {
    let distance = state - before;
    before = state;
    while (distance > 127) {
      bytes.push((distance & 127) | 128);
      distance >>>= 7;
    }
    bytes.push(distance);
  }
  return Uint8Array.from(bytes);
}

/** The numbers of a packed proof, ascending. Bytes that are cut short give a number that no state has. */
export function* unpackProof(proof: Uint8Array): Generator<number> {
  let state = 0;
  let shift = 0;
  for (const byte of proof) {
    state += (byte & 127) << shift;
    shift = byte > 127 ? shift + 7 : 0;
    if (shift === 0) yield state;
  }
  if (shift > 0) yield -1;
}
