import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../src/config/config.ts';
import { slotName } from '../../src/core/ids.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { makeVariables } from '../../src/pkgsrc/make.ts';
import type { Sandbox } from '../../src/sandbox/driver.ts';
import { findSlot } from '../../src/sandbox/enter.ts';
import { heldSlot, readHeld, writeHeld } from '../../src/sandbox/hold/record.ts';
import { chooseDriver } from '../../src/sandbox/select.ts';
import { sweepSlot } from '../../src/sandbox/sweep.ts';
import { layGround } from '../build/ground.ts';

const hourMs = 3_600_000;
/** So often a holder looks whether its sandbox still stands. */
const lookMs = 5000;

export interface HoldRequest {
  readonly config: Config;
  /** With or without `dev-`. */
  readonly name: string;
  readonly hours: number;
  /** Aborted: the sandbox goes before its time. */
  readonly signal: AbortSignal;
  /** Called once, when it can be entered. */
  readonly onReady: (ready: HeldReady) => void;
}

/** What a person is told of a new sandbox. */
export interface HeldReady {
  readonly slot: string;
  readonly dir: string;
  /** Unix milliseconds. */
  readonly untilMs: number;
  /** PKGNAMEs in the package database. */
  readonly installed: readonly string[];
  readonly user: string;
  readonly warnings: readonly string[];
}

/**
 * Makes a sandbox as builds have them, beside whatever the agent does, and holds it until the signal, its time, or until
 * its first process is gone; then destroys it. Throws `BulkmeshError`: SANDBOX_BUSY for a name that is taken,
 * SANDBOX_NOT_ISOLATED for a driver whose sandboxes have no inside, and what making and destroying one throw.
 */
export const holdSandbox = async (request: HoldRequest): Promise<void> => {
  const { config, signal } = request;
  const slot = heldSlot(request.name);
  await makeWay(config.paths.state, slot);
  const chosen = await chooseDriver({ ...config.sandbox, stateDir: config.paths.state });
  requireInside(chosen.driver);
  const ground = await layGround(config, chosen.driver.traits);
  signal.throwIfAborted();
  const sandbox = await chosen.driver.prepare(slotName(slot), ground.spec);
  try {
    const madeAtMs = Date.now();
    const untilMs = madeAtMs + request.hours * hourMs;
    const { user } = ground;
    writeHeld(config.paths.state, slot, {
      madeAtMs,
      untilMs,
      ...(user === undefined ? {} : { user }),
      env: makeVariables(ground.make, user, config.build.cores),
    });
    request.onReady({
      slot,
      dir: findSlot(config.paths.state, slot).dir,
      untilMs,
      installed: await listInstalled(sandbox, config, signal),
      user: user?.name ?? 'root',
      warnings: [...chosen.warnings, ...ground.warnings],
    });
    await waitForEnd(config.paths.state, slot, untilMs, signal);
  } finally {
    await sandbox.destroy();
  }
};

/** Throws SANDBOX_NOT_ISOLATED where sandboxes cannot be entered. */
const requireInside = ({ kind }: { readonly kind: string }): void => {
  if (kind === 'linux') return;
  throw new BulkmeshError(
    'SANDBOX_NOT_ISOLATED',
    `sandboxes of driver "${kind}" cannot be held: only those of driver linux live by themselves`,
    { hint: 'see with `bulkmesh doctor` why driver linux is not used on this host' },
  );
};

/** What a holder left that was killed is in nobody's way. */
const makeWay = async (stateDir: string, slot: string): Promise<void> => {
  const there = readHeld(stateDir, slot);
  if (there === undefined) return;
  if (there.holder === undefined) {
    await sweepSlot(stateDir, slot);
    return;
  }
  throw new BulkmeshError(
    'SANDBOX_BUSY',
    `the sandbox ${slot} is there already, held by process ${there.holder}`,
    {
      hint: `bulkmesh sandbox enter ${slot}; or give another name`,
    },
  );
};

const waitForEnd = async (
  stateDir: string,
  slot: string,
  untilMs: number,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted && Date.now() < untilMs && findSlot(stateDir, slot).pid !== undefined) {
    await delay(Math.min(lookMs, Math.max(1, untilMs - Date.now())), undefined, { signal }).catch(
      () => undefined,
    );
  }
};

/** What the kit brings, by the tool that it brings for that; nothing where it has none. */
const listInstalled = async (
  sandbox: Sandbox,
  { pkgsrc }: Config,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const tools = ['sbin', 'bin'].map((dir) => `${pkgsrc.prefix}/${dir}`).join(':');
  const result = await sandbox.run({
    argv: ['/usr/bin/env', 'pkg_info', '-K', pkgsrc.pkgDbdir],
    env: { PATH: `${tools}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C' },
    cwd: '/',
    user: undefined,
    network: false,
    output: { kind: 'capture', maxBytes: 1 << 20 },
    signal,
  });
  if (result.kind !== 'exited' || result.code !== 0) return [];
  return result.stdout.split('\n').flatMap((line) => /^\S+/.exec(line)?.[0] ?? []);
};
