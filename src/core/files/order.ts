import type { HostId, TaskName } from '../ids.ts';
import { compareText } from '../ids.ts';

/**
 * Orders hosts for one file, each file in another order, and every host finds the same one without a word (highest random weight
 * hashing, Thaler and Ravishankar 1998; here the lowest comes first). Negative when `a` comes before `b`.
 */
export const compareHolders = (task: TaskName, a: HostId, b: HostId): number =>
  weigh(task, a) - weigh(task, b) || compareText(a, b);

const weigh = (task: TaskName, host: HostId): number => {
  let word = hashText(hashText(0x811c9dc5, task) ^ 0x9e3779b9, host);
  // FNV leaves its last letters in the low bits; these steps (the end of MurmurHash3) spread them over all.
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
};

/** FNV-1a over code units. */
const hashText = (start: number, text: string): number => {
  let word = start;
  for (let place = 0; place < text.length; place++) {
    word = Math.imul(word ^ text.charCodeAt(place), 0x01000193);
  }
  return word;
};
