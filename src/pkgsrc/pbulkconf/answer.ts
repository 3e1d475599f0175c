/** What a pbulk.conf set, as the shell that ran it tells. */
export interface PbulkAnswer {
  /** Value by name; a name that was not set is not there. */
  readonly variables: ReadonlyMap<string, string>;
  /** The last value that `ulimit` was given for each letter: a number, `unlimited`, or whatever was written. */
  readonly ulimits: ReadonlyMap<string, string>;
}

const name = /^[A-Za-z_][A-Za-z0-9_]*$/;
const letter = /^[A-Za-z]$/;
const limit = /^[A-Za-z0-9?]+$/;

/**
 * Reads what `readScript` writes: fields that end with NUL, in threes of kind, name and value, then `end`. A value
 * cannot hold a NUL, so it cannot forge a field. Undefined when the text is cut short, or anything else than that:
 * then nothing of it can be trusted.
 */
export function parseAnswer(bytes: Uint8Array): PbulkAnswer | undefined {
  const fields = new TextDecoder().decode(bytes).split('\0');
  // After the last NUL comes nothing.
  if (fields.pop() !== '' || fields.pop() !== 'end' || fields.length % 3 !== 0) return undefined;
  const variables = new Map<string, string>();
  const ulimits = new Map<string, string>();
  for (let at = 0; at < fields.length; at += 3) {
    const [kind, key = '', value = ''] = fields.slice(at, at + 3);
    if (kind === 'v' && name.test(key)) variables.set(key, value);
    else if (kind === 'u' && letter.test(key) && limit.test(value)) ulimits.set(key, value);
    else return undefined;
  }
  return { variables, ulimits };
}
