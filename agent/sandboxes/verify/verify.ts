import { join } from 'node:path';
import type { Config } from '../../../src/config/config.ts';
import { slotName } from '../../../src/core/ids.ts';
import { BulkmeshError, messageOf } from '../../../src/errors.ts';
import { compareFingerprints, takeFingerprint } from '../../../src/sandbox/cleanup/fingerprint.ts';
import type { DriverKind } from '../../../src/sandbox/driver.ts';
import { slotsDir } from '../../../src/sandbox/record.ts';
import { chooseDriver } from '../../../src/sandbox/select.ts';
import { layGround } from '../../build/ground.ts';
import { checks } from './checks.ts';
import type { Subject, Verdict } from './inside.ts';

/** A line of the verification. */
export interface VerifiedLine extends Verdict {
  readonly name: string;
  /** What it means when it does not hold. */
  readonly means: string;
}

export interface VerifyRequest {
  readonly config: Config;
  /** Undefined: the configured one. */
  readonly driver: DriverKind | undefined;
  readonly signal: AbortSignal;
  readonly onWarning: (text: string) => void;
  /** Each line, as soon as it is known. */
  readonly onLine: (line: VerifiedLine) => void;
}

/**
 * Makes one sandbox as builds have them, tries in it what sandboxes promise, destroys it, and looks whether the host is as
 * before. Resolves with the kind of its driver. Throws `BulkmeshError`: SANDBOX_NOT_ISOLATED for driver none, and what
 * making or destroying one throws; the signal's reason when it was aborted.
 */
export const verifySandbox = async (request: VerifyRequest): Promise<DriverKind> => {
  const { config, signal, onLine } = request;
  const kind = request.driver ?? config.sandbox.driver;
  const chosen = await chooseDriver({ ...config.sandbox, driver: kind, stateDir: config.paths.state });
  const { driver } = chosen;
  for (const text of chosen.warnings) request.onWarning(text);
  if (!driver.traits.isIsolated) {
    throw new BulkmeshError(
      'SANDBOX_NOT_ISOLATED',
      'driver "none" isolates nothing: there is nothing to verify',
      {
        hint: 'see with `bulkmesh doctor` why no other driver is used on this host',
      },
    );
  }
  const ground = await layGround(config, driver.traits);
  const slot = slotName(`verify-${process.pid}`);
  const dir = join(slotsDir(config.paths.state), slot);
  const before = takeFingerprint(dir);
  const sandbox = await driver.prepare(slot, ground.spec);
  try {
    const subject: Subject = { sandbox, config, ground, traits: driver.traits, signal };
    for (const { name, means, run } of checks) {
      signal.throwIfAborted();
      const verdict = await run(subject).catch(
        (error: unknown): Verdict => ({ state: 'failed', detail: messageOf(error) }),
      );
      signal.throwIfAborted();
      onLine({ name, means, ...verdict });
    }
  } finally {
    await sandbox.destroy();
  }
  const { dirty, notes } = compareFingerprints(before, takeFingerprint(dir), undefined);
  onLine({
    name: 'clean-up',
    means: 'sandboxes leave something behind: the host fills up',
    state: dirty.length === 0 ? 'ok' : 'failed',
    detail: [...dirty, ...notes].join('; ') || 'mounts, processes and directories are as before',
  });
  return driver.kind;
};
