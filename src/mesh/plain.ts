/** How deep values may nest: an entry within a message is at six. */
const depthMax = 16;

/**
 * Whether bytes are one msgpack value, whole, of maps, lists, texts, numbers, booleans and nil alone. Everything that the
 * format can be extended by (records, dates, sets, references, big numbers, bytes) is refused before a decoder sees it.
 */
export const isPlainMsgpack = (bytes: Uint8Array): boolean => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** How many values are still to come at each level. */
  const left: number[] = [1];
  let at = 0;
  while (left.length > 0) {
    const depth = left.length - 1;
    const more = left[depth] ?? 0;
    if (more === 0) {
      left.pop();
      continue;
    }
    left[depth] = more - 1;
    if (at >= bytes.length) return false;
    const head = readHead(view, at);
    if (head === undefined) return false;
    at += head.length;
    // Each value has a byte at least: a list that promises more than there is ends here.
    if (at > bytes.length || head.values > bytes.length - at) return false;
    if (head.values > 0 && left.push(head.values) > depthMax) return false;
  }
  return at === bytes.length;
};

/** How many bytes a value has before those in it, and how many values are in it. */
interface Head {
  readonly length: number;
  readonly values: number;
}

const readHead = (view: DataView, at: number): Head | undefined => {
  const type = view.getUint8(at);
  if (type < 0x80 || type >= 0xe0) return { length: 1, values: 0 };
  if (type < 0x90) return { length: 1, values: 2 * (type & 0x0f) };
  if (type < 0xa0) return { length: 1, values: type & 0x0f };
  if (type < 0xc0) return { length: 1 + (type & 0x1f), values: 0 };
  if (type === 0xc0 || type === 0xc2 || type === 0xc3) return { length: 1, values: 0 };
  const numberBytes = numbers[type];
  if (numberBytes !== undefined) return { length: 1 + numberBytes, values: 0 };
  const sized = sizes[type];
  if (sized === undefined || at + 1 + sized.bytes > view.byteLength) return undefined;
  const count = readCount(view, at + 1, sized.bytes);
  const length = 1 + sized.bytes;
  if (sized.of === 'text') return { length: length + count, values: 0 };
  return { length, values: sized.of === 'map' ? 2 * count : count };
};

/** Bytes of numbers: float 32 and 64, then unsigned and signed ones of 8 to 64 bits. */
const numbers: Readonly<Record<number, number>> = {
  202: 4,
  203: 8,
  204: 1,
  205: 2,
  206: 4,
  207: 8,
  208: 1,
  209: 2,
  210: 4,
  211: 8,
};

/** Bytes of the count of what follows. */
const sizes: Readonly<Record<number, { readonly of: 'text' | 'list' | 'map'; readonly bytes: 1 | 2 | 4 }>> = {
  217: { of: 'text', bytes: 1 },
  218: { of: 'text', bytes: 2 },
  219: { of: 'text', bytes: 4 },
  220: { of: 'list', bytes: 2 },
  221: { of: 'list', bytes: 4 },
  222: { of: 'map', bytes: 2 },
  223: { of: 'map', bytes: 4 },
};

const readCount = (view: DataView, at: number, bytes: 1 | 2 | 4): number => {
  if (bytes === 1) return view.getUint8(at);
  return bytes === 2 ? view.getUint16(at) : view.getUint32(at);
};
