import { copyKit } from '../chroot/kit.ts';
import type { ChrootTools } from '../chroot/tools.ts';
import { findInside, makeInside, makeOwned } from '../chroot/walk.ts';
import type { Sandbox, SandboxSpec } from '../driver.ts';
import { SandboxError } from '../error.ts';
import { checkPath, isWithin, outermost } from '../names.ts';
import { emptyDirectory } from '../remove.ts';

export interface Furnishing {
  readonly tools: ChrootTools;
  readonly sandbox: Pick<Sandbox, 'run'>;
}

/**
 * Makes a chroot that somebody else made ready for a package, as pbulk's client-clean does: prefix and package database
 * are emptied and get the kit, the work area and the home directory are made. Nothing is deleted or written but in the
 * chroot's own directory: not through a link, and not in what is mounted there. Throws SANDBOX_PREPARE or SANDBOX_SPEC.
 */
export async function furnish(
  root: string,
  spec: SandboxSpec,
  { tools, sandbox }: Furnishing,
): Promise<void> {
  const opaque = outermost(spec.opaqueDirs);
  const own = [...opaque, ...spec.freshDirs.map(({ path }) => path)];
  for (const dir of own) {
    checkPath(dir, 'directory of the sandbox');
    refuseMounts(root, dir, tools);
  }
  for (const dir of opaque) {
    const there = findInside(root, dir);
    if (there !== undefined) await emptyDirectory(there);
  }
  for (const dir of spec.opaqueDirs) makeInside(root, dir);
  if (spec.kitDir !== undefined) await copyKit(spec.kitDir, root, spec.opaqueDirs, tools);
  for (const { path, owner } of spec.freshDirs) makeOwned(root, path, owner);
  await checkShares(spec, sandbox);
}

/** Throws when a directory lies in a mount of the chroot, or has one in it: what is there may be the host's own. */
function refuseMounts(root: string, dir: string, tools: ChrootTools): void {
  const place = root + dir;
  const mount = tools
    .mountsWithin(root)
    .find(({ target }) => target !== root && (isWithin(place, target) || isWithin(target, place)));
  if (mount === undefined) return;
  throw new SandboxError('SANDBOX_PREPARE', `${dir} is to be empty inside, but ${mount.target} is mounted`, {
    hint: 'the program of sandbox.chroot_create must leave that directory to the chroot itself',
  });
}

const findMissing = 'for dir; do [ -d "$dir" ] || printf "%s\\n" "$dir"; done';

/** By a look from inside: the program may have links of its own there. */
async function checkShares({ shares }: SandboxSpec, sandbox: Furnishing['sandbox']): Promise<void> {
  const result = await sandbox.run({
    argv: ['/bin/sh', '-c', findMissing, 'sh', ...shares.map(({ target }) => target)],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    cwd: '/',
    user: undefined,
    network: false,
    output: { kind: 'capture', maxBytes: 65_536 },
    signal: AbortSignal.timeout(30_000),
  });
  if (result.kind !== 'exited') {
    const detail = result.kind === 'trouble' ? result.detail : 'a shell does not run inside';
    throw new SandboxError('SANDBOX_PREPARE', `nothing can be run in the new chroot: ${detail}`, {
      hint: 'the program of sandbox.chroot_create must make a root with a shell in it',
    });
  }
  const missing = result.stdout.split('\n').filter((line) => line !== '');
  if (missing.length === 0) return;
  throw new SandboxError('SANDBOX_PREPARE', `the new chroot does not show ${missing.join(', ')}`, {
    hint: 'the program of sandbox.chroot_create has to mount the directories of [paths] and of sandbox.ro_dirs and rw_dirs',
  });
}
