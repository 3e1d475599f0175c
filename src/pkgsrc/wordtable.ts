const SLOTS_FIRST = 1 << 8;
const BYTES_FIRST = 1 << 12;
const SPACE = 32;
const TAB = 9;
const CARRIAGE_RETURN = 13;

/**
 * Texts that many records share, each held once. They are found by their bytes: a scan of a whole tree has 260,000
 * dependency words, and text is made only of the 28,000 that differ.
 */
export class WordTable {
  readonly #texts: string[] = [];
  readonly #hashes: number[] = [];
  /** Where in `#bytes` each text ends, and the next one begins. */
  readonly #ends: number[] = [0];
  #bytes = Buffer.alloc(BYTES_FIRST);
  /** Open addressing: 0, or the place of a text counted from 1. A power of two, at most half full. */
  #slots = new Uint32Array(SLOTS_FIRST);

  /** The text of these bytes, read as UTF-8. */
  intern(bytes: Uint8Array, start: number, end: number): string {
    const hash = hashBytes(bytes, start, end);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot] ?? 0;
      if (place === 0) return this.#add(bytes.subarray(start, end), hash, slot);
      if (this.#hashes[place - 1] === hash && this.#isAt(place - 1, bytes, start, end)) {
        return this.#texts[place - 1] ?? '';
      }
    }
  }

  /** The texts between blanks of these bytes, in which there is no newline. */
  internWords(bytes: Uint8Array, start: number, end: number): readonly string[] {
    const words: string[] = [];
    let from = start;
    for (let at = start; at <= end; at += 1) {
      if (at < end && !isBlank(bytes[at] ?? 0)) continue;
      if (at > from) words.push(this.intern(bytes, from, at));
      from = at + 1;
    }
    // A copy is as long as it must be; what grew piece by piece is not.
    return words.slice();
  }

  #isAt(place: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#ends[place] ?? 0;
    if ((this.#ends[place + 1] ?? 0) - from !== end - start) return false;
    for (let at = start; at < end; at += 1) if (this.#bytes[from + at - start] !== bytes[at]) return false;
    return true;
  }

  #add(bytes: Uint8Array, hash: number, slot: number): string {
    const from = this.#ends[this.#texts.length] ?? 0;
    const to = from + bytes.length;
    if (to > this.#bytes.length) {
      const grown = Buffer.alloc(2 * to);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, from);
    const text = this.#bytes.toString('utf8', from, to);
    this.#slots[slot] = this.#texts.push(text);
    this.#hashes.push(hash);
    this.#ends.push(to);
    if (2 * this.#texts.length > this.#slots.length) this.#spread();
    return text;
  }

  /** Twice as many slots. */
  #spread(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (const [index, hash] of this.#hashes.entries()) {
      let slot = hash & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}

/** What separates words on a line: tab, vertical tab, form feed, carriage return and space. */
const isBlank = (byte: number): boolean => byte === SPACE || (byte >= TAB && byte <= CARRIAGE_RETURN);

/** FNV-1a (Fowler, Noll, Vo), 32 bits; the high bits folded in, as slots are taken by the low ones. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash ^ (hash >>> 15);
}
