import type { ChildProcess } from 'node:child_process';
import { messageOf } from '../errors.ts';
import { findTool, spawnGroup, toolEnv, toolPath } from './process.ts';
import { listSockets, socketsMax } from './sockets.ts';

/** A shell fragment from somebody else, to be run for what it answers. */
export interface RestrictedRequest {
  /** sh text. `$1` is a file with the fragment, `args` follow; the answer goes to descriptor 3. */
  readonly script: string;
  readonly args: readonly string[];
  readonly fragment: Uint8Array;
  /** Where the fragment lies on this host, absolute: what it finds there is the same, though it runs from a copy. */
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** The user's word that it may run as a plain sh with all rights of this account. */
  readonly isTrusted: boolean;
  readonly timeMs: number;
  /** Of the answer, and of what it prints, each. */
  readonly bytesMax: number;
}

export type RestrictedEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly answer: Buffer; readonly printed: string }
  | { readonly kind: 'killed'; readonly why: 'time' | 'output' | 'signal'; readonly printed: string }
  /** This host cannot confine it. Nothing of it ran. */
  | { readonly kind: 'unavailable'; readonly why: string };

/** Where the copy lies for the shell that runs it. */
const copyFile = '/run/fragment';

/** Told on descriptor 3 when nothing is left to be set up. */
const readyMark = 'ready\0';

/**
 * Inside new namespaces: makes every mount that can be reached read-only, hides the sockets of running programs, proves
 * from the kernel's table that nothing is left writable, gives up all rights, and becomes the shell that runs the fragment.
 *   1 `root` or `user`: who made the namespaces   2 directory to be in   3 script   4 number of sockets
 *   5... sockets outside of /run, then the script's arguments
 * A mount whose directory leads to another mount lies below that one, where nobody gets at it. One that cannot be
 * opened may still be one that can be passed through: it counts as reached.
 */
const setupScript = `
set -eu
reach() {
  found=
  while read -r key value; do [ "$key" != mnt_id: ] || found=$value; done </proc/self/fdinfo/9
}
each() {
  while read -r id _ _ _ target options _; do
    case $target in
      *\\\\*) target=$(printf '%b.' "$target") target=\${target%.} ;;
    esac
    found=
    { reach; } 2>/dev/null 9<"$target" || if [ -x "$target" ] || [ -w "$target" ]; then found=$id; fi
    if [ "$found" = "$id" ]; then "$1"; fi
  done </proc/self/mountinfo
}
is_closed() { case ,$options, in *,ro,*) ;; *) return 1 ;; esac; }
close() { is_closed || mount -o "remount,bind,$options,ro" "$target"; }
check() { is_closed || { echo "$target is still writable" >&2; exit 1; }; }
mount -t tmpfs -o nosuid,nodev,noexec,size=2m,mode=755 bulkmesh /run
cat >${copyFile}
chmod 444 ${copyFile}
as=$1 dir=$2 script=$3 sockets=$4
shift 4
: >/run/closed
while [ "$sockets" -gt 0 ]; do
  [ ! -S "$1" ] || mount --bind /run/closed "$1"
  sockets=$((sockets - 1))
  shift
done
rm -f /run/closed
mount -t proc -o nosuid,nodev,noexec proc /proc
each close
each check
ulimit -S -c 0
ulimit -S -v 4194304
rights='--no-new-privs --inh-caps=-all --bounding-set=-all'
[ "$as" = user ] || rights="$rights --reuid=65534 --regid=65534 --clear-groups"
cd "$dir" 2>/dev/null || cd /
printf 'ready\\0' >&3
exec setpriv $rights /bin/sh -c "$script" sh ${copyFile} "$@" </dev/null
`;

/**
 * Runs a shell fragment as an account without rights, in namespaces of its own: no network, no sockets of programs that run,
 * a read-only view of the file system, nothing of our environment, standard input empty. Whatever it starts is gone afterwards. Only Linux
 * can do that; elsewhere the end is `unavailable`, unless the user trusts it. Never throws.
 */
export async function runRestricted(request: RestrictedRequest): Promise<RestrictedEnd> {
  if (request.isTrusted) {
    const argv = ['/bin/sh', '-c', `printf 'ready\\0' >&3\n${request.script}`, 'sh', request.file];
    return runBounded([...argv, ...request.args], request);
  }
  if (process.platform !== 'linux') {
    return { kind: 'unavailable', why: `${process.platform} has no namespaces to confine it with` };
  }
  const missing = ['unshare', 'setpriv', 'mount'].find((name) => findTool(name) === undefined);
  if (missing !== undefined) return { kind: 'unavailable', why: `there is no ${missing}(1)` };
  const sockets = listSockets();
  if (sockets.length > socketsMax) return { kind: 'unavailable', why: 'it has too many sockets to hide' };
  const end = await runBounded(confine(request, sockets), request);
  // A copy of our own making is no place that a person could look at.
  return end.kind === 'unavailable'
    ? end
    : { ...end, printed: end.printed.replaceAll(copyFile, request.file) };
}

function confine({ script, args, file }: RestrictedRequest, sockets: readonly string[]): readonly string[] {
  const isRoot = process.getuid?.() === 0;
  const users = isRoot ? [] : ['--user', '--map-root-user'];
  const spaces = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--ipc', '--uts', '--net'];
  const dir = file.slice(0, Math.max(1, file.lastIndexOf('/')));
  return [
    ...[toolPath('unshare'), ...users, ...spaces, '--propagation', 'private', '--'],
    ...['/bin/sh', '-c', setupScript, 'sh', isRoot ? 'root' : 'user', dir, script],
    ...[String(sockets.length), ...sockets, ...args],
  ];
}

async function runBounded(argv: readonly string[], request: RestrictedRequest): Promise<RestrictedEnd> {
  const { env, timeMs, bytesMax } = request;
  const child = spawnGroup(argv, {
    env: { ...toolEnv, ...env },
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  let why: 'time' | 'output' | undefined;
  const stop = (reason: 'time' | 'output'): void => {
    why ??= reason;
    killGroup(child);
  };
  const alarm = setTimeout(() => stop('time'), timeMs);
  const answer = collect(child, [3], bytesMax, () => stop('output'));
  const printed = collect(child, [1, 2], bytesMax, () => stop('output'));
  child.stdin?.on('error', () => {
    // Who does not read the fragment to its end says why on standard error.
  });
  child.stdin?.end(request.fragment);
  const end = await waitForEnd(child);
  clearTimeout(alarm);
  const text = Buffer.concat(printed).toString('utf8').trim();
  if (typeof end === 'string') return { kind: 'unavailable', why: end };
  if (why !== undefined) return { kind: 'killed', why, printed: text };
  const told = Buffer.concat(answer);
  if (!told.subarray(0, readyMark.length).equals(Buffer.from(readyMark))) {
    return { kind: 'unavailable', why: text === '' ? 'it could not be started' : text };
  }
  if (end.code === null) return { kind: 'killed', why: 'signal', printed: text };
  return { kind: 'exited', code: end.code, answer: told.subarray(readyMark.length), printed: text };
}

/** Keeps what comes from some descriptors, in order; the first byte too many is told, and no more is kept. */
function collect(
  child: ChildProcess,
  descriptors: readonly number[],
  bytesMax: number,
  onFlood: () => void,
): readonly Buffer[] {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for (const descriptor of descriptors) {
    child.stdio[descriptor]?.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= bytesMax) chunks.push(chunk);
      else onFlood();
    });
  }
  return chunks;
}

/** How long what was printed may take to arrive when the shell has ended; a process it left may hold the pipe. */
const lastWordsMs = 500;

/** The exit code, null after a signal; or why it could not be started. */
function waitForEnd(child: ChildProcess): Promise<{ readonly code: number | null } | string> {
  return new Promise((resolve) => {
    let late: NodeJS.Timeout | undefined;
    const settle = (end: { readonly code: number | null } | string): void => {
      clearTimeout(late);
      for (const stream of child.stdio) stream?.destroy();
      resolve(end);
    };
    child.on('error', (error) => settle(messageOf(error)));
    child.on('exit', (code) => {
      killGroup(child);
      late = setTimeout(() => settle({ code }), lastWordsMs);
      child.on('close', () => settle({ code }));
    });
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}
