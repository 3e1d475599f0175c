/** The environment that the programs below need. */
export const READER_ENV = { PATH: '/usr/bin:/bin', LC_ALL: 'C' } as const;

/** Exit code of a reader: what lies there is a link, a device, a pipe, a directory, or nothing. */
export const NO_REGULAR_FILE = 66;
/** Exit code of `readFileArgv`: the file is larger than any package. */
export const TOO_LARGE = 67;
/** Exit code of `readFileArgv`: the file has other names, under which somebody else may have it. */
export const MANY_LINKS = 69;
/** Exit code of `readFileArgv`: the file is larger than the room there is for it. */
export const NO_ROOM = 68;

/**
 * Prints a file of the sandbox that code of a package may have put there: no link is followed, and nothing is
 * printed of a file larger than `maxBytes` or `roomBytes`. A sparse file counts by its length, as that is what
 * a copy of it takes. With `links` 'one', nor of a file that has other names. The script is constant.
 */
export const readFileArgv = (
  path: string,
  maxBytes: number,
  roomBytes: number,
  links: 'one' | 'any' = 'any',
): readonly string[] => [
  '/bin/sh',
  '-c',
  `${ONLY_REGULAR}
  if [ "$4" = one ] && [ -z "$(find "$1" -prune -links 1)" ]; then exit ${MANY_LINKS}; fi
  exceeds() { [ -n "$(find "$1" -prune -size "+$2c")" ]; }
  if exceeds "$1" "$2"; then exit ${TOO_LARGE}; fi
  if exceeds "$1" "$3"; then exit ${NO_ROOM}; fi
  exec head -c "$2" "$1"`,
  'sh',
  path,
  String(maxBytes),
  String(roomBytes),
  links,
];

/** Prints the last `sizeBytes` of a file of the sandbox, under the same conditions, of whatever size it is. */
export const readEndArgv = (path: string, sizeBytes: number): readonly string[] => [
  '/bin/sh',
  '-c',
  `${ONLY_REGULAR}
  exec tail -c "$2" "$1"`,
  'sh',
  path,
  String(sizeBytes),
];

const ONLY_REGULAR = `if [ -h "$1" ] || [ ! -f "$1" ]; then exit ${NO_REGULAR_FILE}; fi`;
