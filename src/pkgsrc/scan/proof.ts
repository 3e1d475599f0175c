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

/** Whether all numbers of a packed proof pass the test. Bytes that are cut short give -1, which no state has. */
export function everyState(proof: Uint8Array, test: (state: number) => boolean): boolean {
  let state = 0;
  let shift = 0;
  for (const byte of proof) {
    state += (byte & 127) << shift;
    shift = byte > 127 ? shift + 7 : 0;
    if (shift === 0 && !test(state)) return false;
  }
  return shift === 0 || test(-1);
}

/** The numbers of a packed proof, ascending. */
export function unpackProof(proof: Uint8Array): readonly number[] {
  const states: number[] = [];
  everyState(proof, (state) => states.push(state) > 0);
  return states;
}
