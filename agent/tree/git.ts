import { BulkmeshError } from '../../src/errors.ts';
import { signalProcess } from '../../src/sandbox/proc.ts';
import { spawnGroup } from '../../src/sandbox/process.ts';

/** How git is called. */
export interface GitCall {
  readonly cwd: string;
  /** Aborting ends git and all that it started. */
  readonly signal?: AbortSignal;
  /** Told of git's own progress, a line at a time. */
  readonly onProgress?: (line: string) => void;
}

export interface GitResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** The line of standard error that says most: the first `fatal:` or `error:` there, else its last line. */
  readonly reason: string;
}

/** Variables by which a caller (a hook, an editor) has git work on another repository than the one in `cwd`. */
const misleading = /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|OBJECT_DIRECTORY|NAMESPACE|PREFIX|CONFIG.*)$/;

/**
 * Of a checkout that came from somewhere, neither hooks nor a monitor are run, and no checkout below it is gone into:
 * its own settings decide there.
 */
const quietWords = [
  ...['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false'],
  ...['-c', 'submodule.recurse=false', '-c', 'fetch.recurseSubmodules=false'],
];

/**
 * Runs git with the caller's environment (proxies, keys and the user's own settings belong to fetching), but never
 * asks for anything. Its failure is data. Throws TREE_NO_GIT where there is no git, TREE_STOPPED after an abort.
 */
export async function runGit(args: readonly string[], call: GitCall): Promise<GitResult> {
  call.signal?.throwIfAborted();
  const child = spawnGroup(['git', ...quietWords, ...args], {
    cwd: call.cwd,
    env: gitEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = () => {
    if (child.pid !== undefined) signalProcess(-child.pid, 'SIGTERM');
  };
  call.signal?.addEventListener('abort', end, { once: true });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    // Progress draws one line over and over: only the end of it is worth keeping.
    stderr = (stderr + text).slice(-stderrCharsMax);
    const line = stderr.split(/[\r\n]/).findLast((one) => one.trim() !== '');
    if (line !== undefined) call.onProgress?.(line.trim());
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (call.signal?.aborted) throw stopped();
    return { ok: code === 0, stdout, reason: findReason(stderr) };
  } catch (error) {
    if (Object(error).code !== 'ENOENT') throw error;
    throw new BulkmeshError('TREE_NO_GIT', 'there is no git on this host', {
      hint: 'install git, or put a pkgsrc tree there by other means: bulkmesh takes any that is there',
      cause: error,
    });
  } finally {
    call.signal?.removeEventListener('abort', end);
  }
}

const stderrCharsMax = 65_536;

function stopped(): BulkmeshError {
  return new BulkmeshError('TREE_STOPPED', 'stopped; the tree is as it was', { hint: '' });
}

function gitEnv(): Record<string, string> {
  const entries = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || misleading.test(name) ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(entries), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
}

function findReason(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.find((line) => /^(?:fatal|error):/.test(line)) ?? lines.at(-1) ?? 'git gave no reason';
}
