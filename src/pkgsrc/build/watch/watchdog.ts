import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { findWatchLimits, type WatchGround } from '../../../core/watchdog/table.ts';
import {
  type Activity,
  observe,
  startWatch,
  type Watch,
  type WatchVerdict,
  wantsActivity,
} from '../../../core/watchdog/watch.ts';
import { messageOf } from '../../../errors.ts';
import type { Command, CommandResult } from '../../../sandbox/driver.ts';
import { measureActivity } from '../../../sandbox/inspect.ts';
import { describeProcesses } from './evidence.ts';
import { LogHoles } from './holes.ts';
import { quoteLast } from './judge.ts';
import { isTransfer, type WatchPolicy } from './policy.ts';
import { RepeatCounter } from './repeats.ts';

export interface WatchdogPorts {
  readonly policy: WatchPolicy;
  /** Asked again at each look: a host gets busy while a command runs. */
  ground(): WatchGround;
  /** A line for setup.log; never rejects. */
  note(line: string): Promise<void>;
}

/** A command that is to be watched. */
export interface Watched {
  readonly step: string;
  readonly label: string;
  readonly command: Command;
  /** The log of its stage, open for appending, and where it lies. */
  readonly logFd: number;
  readonly logPath: string;
  /** Of this command alone, before it is stretched; undefined: no limit. */
  readonly limitMs?: number | undefined;
}

/** How often the length of the log is asked: a stat of a descriptor, and no more unless one of the following is so. */
const GLANCE_MS = 100;
/** While a log grows faster than `FAST_BYTES_PER_MS`, so that room is given back before the disk is full. */
const FAST_GLANCE_MS = 20;
const FAST_BYTES_PER_MS = 8 << 10;
/** Rules are judged when the log has grown by so much, and in any case so often. */
const LOOK_BYTES = 1 << 20;
const LOOK_MS = 1000;
/** The last line is looked for in so much of a log. */
const TAIL_BYTES = 8192;
/** Who has not gone by then, after a kill, waits in the kernel. */
const KILL_MS_MAX = 60_000;

/**
 * Watches the commands of one attempt at a package, one at a time: kills the one that breaks a rule, after noting what its
 * processes were at, and keeps the log of each from filling the disk.
 */
export class Watchdog {
  readonly #ports: WatchdogPorts;
  readonly #verdicts = new WeakMap<CommandResult, WatchVerdict>();
  /** Of all commands so far: waiting for files and locks is nobody's time. */
  #spentMs = 0;

  constructor(ports: WatchdogPorts) {
    this.#ports = ports;
  }

  /** Runs a command by `start`, which gets it with a signal that this watchdog aborts. */
  async guard(watched: Watched, start: (command: Command) => Promise<CommandResult>): Promise<CommandResult> {
    const guard = new Guard(this.#ports, watched, this.#spentMs);
    try {
      const result = await guard.run(start);
      if (guard.verdict !== undefined && !(result.kind === 'exited' && result.code === 0)) {
        this.#verdicts.set(result, guard.verdict);
      }
      return result;
    } finally {
      this.#spentMs += guard.close();
    }
  }

  /** The rule by which the command was killed that gave this result. */
  verdictOf(result: CommandResult): WatchVerdict | undefined {
    return this.#verdicts.get(result);
  }
}

/** The watch over one command. */
class Guard {
  verdict: WatchVerdict | undefined;
  readonly #ports: WatchdogPorts;
  readonly #watched: Watched;
  readonly #watch: Watch;
  readonly #holes: LogHoles;
  readonly #repeats: RepeatCounter;
  readonly #abort = new AbortController();
  readonly #late = Promise.withResolvers<CommandResult>();
  #readFd: number | undefined;
  #leader: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOpen = true;
  #glanced: { readonly nowMs: number; readonly logBytes: number };

  constructor(ports: WatchdogPorts, watched: Watched, spentMs: number) {
    this.#ports = ports;
    this.#watched = watched;
    const logBytes = fstatSync(watched.logFd).size;
    this.#glanced = { nowMs: performance.now(), logBytes };
    this.#watch = startWatch({
      ...this.#glanced,
      spentMs,
      isTransfer: isTransfer(watched.step),
      commandMs: watched.limitMs,
    });
    this.#holes = new LogHoles(ports.policy.logBytesMax);
    this.#repeats = new RepeatCounter(logBytes);
  }

  async run(start: (command: Command) => Promise<CommandResult>): Promise<CommandResult> {
    const { command } = this.#watched;
    this.#schedule(GLANCE_MS);
    const running = start({
      ...command,
      signal: AbortSignal.any([command.signal, this.#abort.signal]),
      onStart: (leader) => {
        this.#leader = leader;
        command.onStart?.(leader);
      },
    });
    return Promise.race([running, this.#late.promise]);
  }

  /** Ends the watch; returns the time that counted, milliseconds. */
  close(): number {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    if (this.#readFd !== undefined) closeSync(this.#readFd);
    this.#readFd = undefined;
    return this.#watch.clockMs;
  }

  #schedule(waitMs: number): void {
    if (!this.#isOpen) return;
    this.#timer = setTimeout(() => {
      try {
        this.#glance();
      } catch (error) {
        this.#giveUp(error);
      }
    }, waitMs).unref();
  }

  #glance(): void {
    const nowMs = performance.now();
    const logBytes = fstatSync(this.#watched.logFd).size;
    const grownBytes = logBytes - this.#glanced.logBytes;
    const nextMs =
      grownBytes > FAST_BYTES_PER_MS * (nowMs - this.#glanced.nowMs) ? FAST_GLANCE_MS : GLANCE_MS;
    this.#glanced = { nowMs, logBytes };
    const { nowMs: lookedAtMs, logBytes: bytesThen } = this.#watch;
    const isTime = nowMs - lookedAtMs >= LOOK_MS || Math.abs(logBytes - bytesThen) >= LOOK_BYTES;
    if (!isTime) this.#schedule(nextMs);
    else {
      this.#look(logBytes).then(
        () => this.#schedule(nextMs),
        (error: unknown) => this.#giveUp(error),
      );
    }
  }

  /** Without a watchdog a build is as good as before: it goes on, and its notes say so. */
  #giveUp(error: unknown): void {
    void this.#ports.note(`the watchdog is off: ${messageOf(error)}`);
  }

  async #look(seenBytes: number): Promise<void> {
    const { logFd, step } = this.#watched;
    const { policy, ground } = this.#ports;
    const limits = findWatchLimits(policy.table, step, ground());
    let logBytes = seenBytes;
    if (this.#holes.isDue(logBytes)) {
      await this.#holes.punch(logFd, logBytes);
      if (!this.#isOpen) return;
      logBytes = fstatSync(logFd).size;
    }
    const isTimeToLook = wantsActivity(this.#watch, performance.now(), limits);
    const activity = isTimeToLook ? await this.#measure() : undefined;
    if (!this.#isOpen) return;
    const sample = {
      nowMs: performance.now(),
      logBytes,
      repeatedLines: this.#countRepeats(logBytes),
      activity,
    };
    const logBytesMax = this.#holes.canPunch ? undefined : 4 * policy.logBytesMax;
    const verdict = observe(this.#watch, sample, { ...limits, logBytesMax });
    if (verdict !== undefined) await this.#kill(verdict);
  }

  async #measure(): Promise<Activity | 'unknown'> {
    if (this.#leader === undefined) return 'unknown';
    return (await measureActivity(this.#leader)) ?? 'unknown';
  }

  #countRepeats(logBytes: number): number {
    return logBytes === 0 ? 0 : this.#repeats.look(this.#openLog(), logBytes);
  }

  #openLog(): number {
    this.#readFd ??= openSync(this.#watched.logPath, constants.O_RDONLY | constants.O_NOFOLLOW);
    return this.#readFd;
  }

  #readLast(): string {
    try {
      const buffer = Buffer.alloc(TAIL_BYTES);
      const start = Math.max(0, fstatSync(this.#watched.logFd).size - TAIL_BYTES);
      return quoteLast(buffer.toString('utf8', 0, readSync(this.#openLog(), buffer, 0, TAIL_BYTES, start)));
    } catch {
      // Whoever is to be killed is, whatever its log is like.
      return '';
    }
  }

  /** What is evidence is looked at first: it goes with the processes. */
  async #kill(verdict: WatchVerdict): Promise<void> {
    const { label, step, command } = this.#watched;
    if (!this.#isOpen || command.signal.aborted) return;
    const { note } = this.#ports;
    // Read before anything is killed: a shell that survives its program says so into the log.
    const last = this.#readLast();
    await note(`${step}: ${label} breaks the rule "${verdict.rule}": ${verdict.words}`);
    const lines =
      this.#leader === undefined ? [] : await describeProcesses(this.#leader).catch(describeError);
    for (const line of lines) await note(line);
    if (!this.#isOpen || command.signal.aborted) return;
    this.verdict = { ...verdict, words: `${verdict.words}${last}` };
    this.#isOpen = false;
    this.#abort.abort();
    setTimeout(() => {
      const detail = `processes survive SIGKILL for ${KILL_MS_MAX / 1000} s; ${verdict.words}`;
      this.#late.resolve({ kind: 'trouble', detail });
    }, KILL_MS_MAX).unref();
  }
}

const describeError = (error: unknown): readonly string[] => [
  `no look at its processes: ${messageOf(error)}`,
];
