import type { ChildProcess } from 'node:child_process';
import { messageOf } from '../../errors.ts';
import { SandboxError } from '../error.ts';
import { runTool, spawnGroup, type ToolResult, toolEnv, toolPath } from '../process.ts';
import { type Account, type IdRange, listMap, mapTools, readAccount } from './account.ts';
import { waitForUsers } from './users.ts';

/**
 * What puts a user namespace around a program: everything that an agent without root does with sandboxes happens in
 * one where its account is root. Ends where the program follows; empty for root. The program starts when
 * `admitOuter` has let it, for which its standard input must be a pipe.
 */
export function outerWords(account: Account): readonly string[] {
  switch (account.kind) {
    case 'root':
      return [];
    case 'alone':
      return [toolPath('unshare'), '--user', '--map-root-user', '--'];
    case 'ranges':
      return [toolPath('unshare'), '--user', '--', '/bin/sh', '-c', 'read -r _ && exec "$@"', 'sh'];
  }
}

let found: Promise<Account> | undefined;

/** The account of this process, its ranges of ids tried. Found once. */
export function findAccount(): Promise<Account> {
  found ??= tryAccount(readAccount());
  return found;
}

/** Maps the further ids of a child that began with `outerWords`, and lets it go on. Throws SANDBOX_PREPARE. */
export async function admitOuter(child: ChildProcess, account: Account): Promise<void> {
  if (account.kind !== 'ranges') return;
  const { pid } = child;
  try {
    if (pid === undefined) throw new Error('unshare(1) does not start');
    await waitForUsers(pid, { than: 'self', mapped: false });
    await runMapTool(mapTools.uid, pid, process.getuid?.() ?? 0, account.uids);
    await runMapTool(mapTools.gid, pid, process.getgid?.() ?? 0, account.gids);
    child.stdin?.write('\n');
  } catch (error) {
    throw new SandboxError('SANDBOX_PREPARE', `no user namespace of its own: ${messageOf(error)}`, {
      hint: 'see with `bulkmesh doctor` what this host allows to accounts other than root',
      cause: error,
    });
  }
}

/**
 * Runs a short program to its end, as root of a user namespace where this process is not root itself: there it may
 * do with the files of all ids that sandboxes have what root may. Never throws; output is not kept.
 */
export async function runMapped(argv: readonly string[]): Promise<ToolResult> {
  const account = await findAccount();
  return account.kind === 'root' ? runTool(argv) : runAs(account, argv);
}

async function tryAccount(account: Account): Promise<Account> {
  if (account.kind !== 'ranges') return account;
  const { ok, stderr } = await runAs(account, ['true']);
  return ok ? account : { kind: 'alone', why: stderr };
}

async function runAs(account: Account, argv: readonly string[]): Promise<ToolResult> {
  const child = spawnGroup([...outerWords(account), ...argv], {
    env: toolEnv,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  child.stdin?.on('error', () => undefined);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    if (stderr.length < 8192) stderr += chunk.toString();
  });
  const ended = new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
  const refused = await admitOuter(child, account).then(() => undefined, messageOf);
  child.stdin?.end();
  const ok = await ended;
  const said = stderr.trim();
  return { ok, stdout: '', stderr: ok || said !== '' ? said : (refused ?? `${argv[0]} failed`) };
}

async function runMapTool(name: string, pid: number, own: number, ranges: readonly IdRange[]): Promise<void> {
  const words = listMap(own, ranges).flat().map(String);
  const { ok, stderr } = await runTool([toolPath(name), String(pid), ...words]);
  if (!ok) throw new Error(stderr);
}
