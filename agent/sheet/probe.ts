import { slotName } from '../../src/core/ids.ts';
import { messageOf } from '../../src/errors.ts';
import { readTreeEnvironment, type TreeEnvironment } from '../../src/pkgsrc/environment.ts';
import { CAPTURE_BYTES, makeCommand } from '../../src/pkgsrc/make.ts';
import type { Sandbox, SandboxDriver } from '../../src/sandbox/driver.ts';
import { hostPathOf } from '../../src/sandbox/hostPath.ts';
import type { Ground } from '../build/ground.ts';
import { versionMax } from './make.ts';
import type { BuildSheet } from './sheet.ts';

/** What make says of itself and of the tree in a sandbox of this host. */
export interface Probed {
  readonly tree: TreeEnvironment;
  /** MAKE_VERSION. */
  readonly makeVersion: string;
}

export interface ProbeRequest {
  readonly driver: SandboxDriver;
  readonly ground: Ground;
  readonly sheet: BuildSheet;
  readonly signal: AbortSignal;
  /** One line for the operator. */
  readonly onWarning: (text: string) => void;
}

let probes = 0;

/** Asks in a sandbox of its own, which is gone afterwards. Throws as `readTreeEnvironment`, and `SandboxError`. */
export const probeGround = async (request: ProbeRequest): Promise<Probed> => {
  probes += 1;
  const sandbox = await request.driver.prepare(slotName(`probe-${probes}`), request.ground.spec);
  try {
    return await askInside(request, sandbox);
  } finally {
    await sandbox
      .destroy()
      .catch((error: unknown) =>
        request.onWarning(`the sandbox ${sandbox.slot} will not come clean: ${messageOf(error)}`),
      );
  }
};

const askInside = async ({ ground, sheet, signal }: ProbeRequest, sandbox: Sandbox): Promise<Probed> => {
  const { packages, pkgDbdir, prefix } = sheet.tree;
  const expected = { packages, pkgDbdir, prefix };
  const treeDir = hostPathOf(ground.make.pkgsrc, ground.spec.shares);
  const tree = await readTreeEnvironment({ sandbox, environment: ground.make, treeDir, expected, signal });
  const output = { kind: 'capture', maxBytes: CAPTURE_BYTES } as const;
  const command = makeCommand(ground.make, { dir: '', targets: [], output, signal });
  const argv = [ground.make.make, '-f', '/dev/null', '-V', 'MAKE_VERSION'];
  const said = await sandbox.run({ ...command, argv });
  signal.throwIfAborted();
  return { tree, makeVersion: said.kind === 'exited' ? said.stdout.trim().slice(0, versionMax) : '' };
};
