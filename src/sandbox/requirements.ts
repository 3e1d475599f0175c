import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { countIds } from './linux/account.ts';
import type { Storage } from './linux/build.ts';
import { findAccount } from './linux/outer.ts';
import { hasUserNamespaces } from './linux/users.ts';
import { probeLinux } from './probe.ts';
import { findTool, runTool } from './process.ts';

/** One thing that a host must have for sandboxes. */
export interface HostCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What this host has. */
  readonly found: string;
  readonly need: string;
  /** How to get it; empty when it is there. */
  readonly hint: string;
}

const freeBytesMin = 2 * 1024 ** 3;

/** Looks at this host for `doctor`. Throws nothing; changes nothing that stays. */
export async function checkHost(stateDir: string, storage: Storage = 'disk'): Promise<readonly HostCheck[]> {
  const tools = ['unshare', 'nsenter', 'setpriv', 'mount', 'umount', 'pivot_root'];
  return [
    check(
      'platform',
      process.platform === 'linux',
      process.platform,
      'linux',
      'elsewhere set sandbox.driver = "none"',
    ),
    await checkRights(),
    ...tools.map((name) => checkTool(name, 'install util-linux')),
    await checkGnuRm(),
    await checkEnv(),
    ...['tar', 'gzip', 'cp', 'du', 'sh'].map((name) => checkTool(name, `install ${name}`)),
    checkTool('ip', 'install iproute2: without it builds have no loopback interface'),
    checkDevices(),
    await checkSandbox(stateDir, storage),
    checkSpace(stateDir),
  ];
}

/** Whose rights sandboxes are made with. Without root that they can be made at all is another check's matter. */
async function checkRights(): Promise<HostCheck> {
  const need = 'root, or user namespaces for everybody';
  const uid = `uid ${process.getuid?.() ?? '?'}`;
  const hint = 'start the agent as root';
  if (process.platform !== 'linux') return check('root', process.getuid?.() === 0, uid, need, hint);
  const account = await findAccount();
  switch (account.kind) {
    case 'root':
      return check('root', true, uid, need, '');
    case 'ranges': {
      const found = `${uid}; without root, with ${countIds(account.uids)} user ids inside`;
      return check('root', true, found, need, '');
    }
    case 'alone': {
      const ok = await hasUserNamespaces();
      return check('root', ok, `${uid}; without root, with one user id inside: ${account.why}`, need, hint);
    }
  }
}

function check(name: string, ok: boolean, found: string, need: string, hint: string): HostCheck {
  return { name, ok, found, need, hint: ok ? '' : hint };
}

function checkTool(name: string, hint: string): HostCheck {
  const found = findTool(name);
  return check(name, found !== undefined, found ?? 'absent', `${name} in a system directory`, hint);
}

async function checkGnuRm(): Promise<HostCheck> {
  if (process.platform !== 'linux') return check('rm', true, 'rm', 'rm', '');
  const { ok } = await runTool(['rm', '-rf', '--one-file-system', '--', '/nonexistent/bulkmesh']);
  const hint = 'install GNU coreutils';
  return check('rm', ok, ok ? 'GNU' : 'without --one-file-system', 'rm that stays on one file system', hint);
}

async function checkEnv(): Promise<HostCheck> {
  if (process.platform !== 'linux') return check('env', true, 'env', 'env', '');
  const { ok } = await runTool(['env', '--ignore-signal=CHLD', 'true']);
  const hint = 'install GNU coreutils 8.31 or later';
  return check('env', ok, ok ? 'GNU' : 'without --ignore-signal', 'env that can ignore signals', hint);
}

function checkDevices(): HostCheck {
  const missing = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].filter(
    (name) => !existsSync(`/dev/${name}`),
  );
  const found = missing.length === 0 ? 'all' : `no ${missing.join(', ')}`;
  return check('devices', missing.length === 0, found, '/dev/null and its like', 'mount /dev');
}

async function checkSandbox(stateDir: string, storage: Storage): Promise<HostCheck> {
  const probe = await probeLinux(stateDir, storage);
  const need = `namespaces, and an overlay on ${storage} for ${stateDir}`;
  if (probe.kind === 'fails') return check('sandboxes', false, probe.why, need, probe.hint);
  return check('sandboxes', true, `work, ${['overlay', ...probe.overlayOptions].join(' + ')}`, need, '');
}

function checkSpace(stateDir: string): HostCheck {
  let dir = stateDir;
  while (!existsSync(dir)) dir = dirname(dir);
  const { bavail, bsize } = statfsSync(dir);
  const freeBytes = bavail * bsize;
  const found = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB at ${dir}`;
  return check(
    'free space',
    freeBytes >= freeBytesMin,
    found,
    '2 GiB',
    'free some, or move the state directory',
  );
}
