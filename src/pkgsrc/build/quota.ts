import type { Command, CommandResult, Sandbox } from '../../sandbox/driver.ts';

const LOOK_MS = 5_000;
/** A look may take as long as the work itself on a slow disk: at most so much of the time goes into looks. */
const LOOK_SHARE = 0.1;

/** Kills the commands of a package whose sandbox has written more than it may. */
export class DiskQuota {
  readonly #sandbox: Pick<Sandbox, 'writtenBytes'>;
  readonly #limitBytes: number | undefined;
  readonly #lookMs: number;
  readonly #verdicts = new WeakMap<CommandResult, string>();

  /** Without a limit, or with a driver that cannot tell what was written, everything runs as it is. */
  constructor(sandbox: Pick<Sandbox, 'writtenBytes'>, limitBytes: number | undefined, lookMs = LOOK_MS) {
    this.#sandbox = sandbox;
    this.#limitBytes = limitBytes;
    this.#lookMs = lookMs;
  }

  /** Runs a command by `start`, which gets it with a signal that this quota aborts. */
  async guard(command: Command, start: (command: Command) => Promise<CommandResult>): Promise<CommandResult> {
    const limitBytes = this.#limitBytes;
    if (limitBytes === undefined || this.#sandbox.writtenBytes === undefined) return start(command);
    const abort = new AbortController();
    const running = start({ ...command, signal: AbortSignal.any([command.signal, abort.signal]) });
    const watch = this.#watch(limitBytes, abort);
    const result = await running.finally(() => watch.stop());
    const broken = watch.broken();
    if (broken !== undefined && !(result.kind === 'exited' && result.code === 0)) {
      this.#verdicts.set(result, broken);
    }
    return result;
  }

  /** Why the command was killed that gave this result; undefined: not by this quota. */
  verdictOf(result: CommandResult): string | undefined {
    return this.#verdicts.get(result);
  }

  #watch(limitBytes: number, abort: AbortController) {
    let broken: string | undefined;
    let timer: NodeJS.Timeout | undefined;
    let isOpen = true;
    const look = async (): Promise<void> => {
      const startMs = performance.now();
      // What cannot be measured now is at the next look.
      const written = await this.#sandbox.writtenBytes?.(limitBytes).catch(() => undefined);
      if (!isOpen) return;
      if (written !== undefined && written > limitBytes) {
        broken = `wrote ${inMiB(written)} MiB, more than the ${inMiB(limitBytes)} MiB that limits.disk allows`;
        abort.abort();
        return;
      }
      schedule(Math.max(this.#lookMs, (performance.now() - startMs) / LOOK_SHARE));
    };
    const schedule = (waitMs: number): void => {
      timer = setTimeout(() => void look(), waitMs).unref();
    };
    schedule(this.#lookMs);
    const stop = (): void => {
      isOpen = false;
      clearTimeout(timer);
    };
    return { broken: () => broken, stop };
  }
}

const inMiB = (bytes: number): number => Math.round(bytes / 2 ** 20);
