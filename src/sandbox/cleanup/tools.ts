/**
 * How a system unmounts; the mount point follows each list of words. One value per system and none of it made from
 * data, so that another one can be put in its place where a tool's bad days are played.
 */
export interface UnmountTools {
  readonly plain: readonly string[];
  /** Whether `plain` takes several mount points, and goes on after one that will not go. */
  readonly isPlural: boolean;
  /** What is left when the plain way has failed at every try, mildest first. */
  readonly last: readonly (readonly string[])[];
  /** Takes a mount out of its peer group: what is unmounted below it then stays mounted at the peers. */
  readonly isolate: readonly string[] | undefined;
  readonly tries: number;
  /** The wait after the first try; it doubles, up to `waitMaxMs`. */
  readonly waitMs: number;
  readonly waitMaxMs: number;
  /** A tool that takes longer is killed, and its try has failed. */
  readonly limitMs: number;
}

const eightTries = { tries: 8, waitMs: 64, waitMaxMs: 8192, limitMs: 20_000 } as const;

const bsd: UnmountTools = {
  plain: ['umount'],
  isPlural: false,
  last: [['umount', '-f']],
  isolate: undefined,
  ...eightTries,
};

const linux: UnmountTools = {
  // -c: the table's own names; to look at them once more could wait for a server that is gone.
  plain: ['umount', '-c', '--'],
  isPlural: true,
  last: [
    ['umount', '-c', '-f', '--'],
    ['umount', '-c', '-l', '--'],
  ],
  isolate: ['mount', '--make-private', '--'],
  ...eightTries,
};

const darwin: UnmountTools = {
  plain: ['umount'],
  isPlural: false,
  last: [
    ['umount', '-f'],
    ['diskutil', 'unmount', 'force'],
  ],
  isolate: undefined,
  ...eightTries,
  // What was bound from the sealed system volume stays busy for minutes.
  tries: 40,
};

/** The words of one system. */
export function unmountToolsOf(platform: NodeJS.Platform): UnmountTools {
  switch (platform) {
    case 'linux':
      return linux;
    case 'darwin':
      return darwin;
    default:
      return bsd;
  }
}

/** Those of this host. */
export const hostUnmountTools: UnmountTools = unmountToolsOf(process.platform);
