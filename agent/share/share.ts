import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Logger } from 'pino';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import type { ShareView } from '../control/protocol.ts';
import { type Portion, portionHost } from './portion.ts';
import type { Entry, Register } from './register.ts';

export interface ShareOptions {
  /** Undefined where agents of this host cannot find each other: then each takes what its configuration says. */
  readonly register: Register | undefined;
  /** The host id of this agent. */
  readonly id: string;
  readonly configFile: string;
  /** What the configuration gives this agent. */
  readonly slots: number;
  readonly cores: number;
  /** Where this agent writes what another one must not touch: packages and logs. By key of the configuration. */
  readonly directories: Readonly<Record<string, string>>;
  /** Told at each change, never twice the same. */
  readonly onPortion: (portion: Portion) => void;
  readonly log: Logger;
}

/** The part of its host that an agent with work may use, while other agents there have work too. */
export interface Share {
  /**
   * Begins a build: the agent takes a part, and looks after it every second until `ended` says that no build goes on.
   * Throws what `begin` throws, and `SHARE_SAME_PLACE` when an agent that came before builds into the same
   * directories.
   */
  build<Accepted>(begin: () => Accepted, ended: () => Promise<unknown>): Accepted;
  /** Undefined while the host is this agent's alone. */
  view(): ShareView | undefined;
}

const lookEveryMs = 1_000;

export const createShare = (options: ShareOptions): Share => {
  const { register, log } = options;
  const whole: Portion = { slots: options.slots, cores: options.cores };
  let portion = whole;
  let others: readonly Entry[] = [];
  let ticker: NodeJS.Timeout | undefined;

  const take = (next: Portion): void => {
    if (next.slots === portion.slots && next.cores === portion.cores) return;
    portion = next;
    log.info(
      { ...next, others: others.map(({ configFile }) => configFile) },
      'this agent’s part of the host',
    );
    options.onPortion(next);
  };
  const look = (): void => {
    if (register === undefined) return;
    others = register.listOthers();
    const wishes = [...others, { id: options.id, ...whole }];
    const portions = portionHost(wishes, availableParallelism());
    take(portions.get(options.id) ?? whole);
  };
  const leave = (): void => {
    clearInterval(ticker);
    ticker = undefined;
    others = [];
    register?.leave();
    take(whole);
  };
  const join = (to: Register): void => {
    const entry = makeEntry(options);
    if (!enter(to, entry, log)) return;
    const rival = findRival(entry, to.listOthers());
    if (rival !== undefined) {
      leave();
      throw samePlace(options, rival);
    }
    look();
    ticker = setInterval(look, lookEveryMs).unref();
  };

  return {
    build: (begin, ended) => {
      // One that goes on already has its part: a second one is for `begin` to refuse.
      if (register === undefined || ticker !== undefined) return begin();
      join(register);
      try {
        return begin();
      } finally {
        // At once where it was refused: then nothing goes on.
        void ended().then(leave, leave);
      }
    },
    view: () =>
      others.length === 0
        ? undefined
        : { ...portion, slotsMax: whole.slots, coresMax: whole.cores, configFiles: others.map(fileOf) },
  };
};

const fileOf = ({ configFile }: Entry): string => configFile;

/** An agent that cannot tell others of itself builds all the same. */
const enter = (register: Register, entry: Entry, log: Logger): boolean => {
  try {
    register.enter(entry);
    return true;
  } catch (error) {
    log.warn(`other agents of this host do not hear of this one: ${messageOf(error)}`);
    return false;
  }
};

const makeEntry = ({ id, configFile, slots, cores, directories }: ShareOptions): Entry => ({
  id,
  pid: process.pid,
  configFile,
  slots,
  cores,
  directories: Object.values(directories).map(resolveReally),
  sinceMs: Date.now(),
});

const resolveReally = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    // Not there yet: whoever makes it first makes it by this name.
    return path;
  }
};

/** Of two that begin at once one must go on: the first, and of one moment the smaller id. */
const findRival = (own: Entry, others: readonly Entry[]): Entry | undefined =>
  others.find(
    (other) =>
      other.directories.some((directory) => own.directories.includes(directory)) &&
      (other.sinceMs < own.sinceMs || (other.sinceMs === own.sinceMs && other.id < own.id)),
  );

const samePlace = ({ directories }: ShareOptions, rival: Entry): BulkmeshError => {
  const same = Object.entries(directories)
    .filter(([, directory]) => rival.directories.includes(resolveReally(directory)))
    .map(([key, directory]) => `${key} (${directory})`);
  return new BulkmeshError(
    'SHARE_SAME_PLACE',
    `another agent of this host (pid ${rival.pid}, ${rival.configFile}) is building into the same ${same.join(' and ')}`,
    { hint: 'Give each configuration directories of its own, or wait until that build has ended.' },
  );
};
