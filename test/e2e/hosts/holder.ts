import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Namespaces that live as long as one process, which ends when this one does, however that ends. */
export interface Holder {
  /** Its first process, by the number that this host gives it; namespaces are entered by it. */
  readonly pid: number;
  /** Kills everything in there, as a loss of power would, and waits until nothing of it runs. */
  kill(): Promise<void>;
}

export interface HolderOptions {
  /** Options of unshare(1) that name namespaces. */
  readonly namespaces: readonly string[];
  /** A shell text that is run inside first, with these arguments; its end with 0 means that the holder is ready. */
  readonly setup: string;
  readonly args: readonly string[];
  /** Directories of control groups that everything in there belongs to. */
  readonly groups: readonly string[];
}

/**
 * A program and its arguments, started as a member of these groups: who joins is the shell that then becomes the program.
 */
export const joinGroups = (groups: readonly string[], argv: readonly string[]): readonly string[] => [
  ...['sh', '-c', 'while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs"; shift; done; shift; exec "$@"'],
  ...['join', ...groups, '--', ...argv],
];

/**
 * Makes namespaces. Their first process is a shell that waits on its standard input for the end of this process; it waits for
 * a child meanwhile, and so takes in what others leave as orphans. Rejects with what the setup said.
 */
export const openHolder = async (options: HolderOptions): Promise<Holder> => {
  const text = `set -e\n${options.setup}\nset +e\necho ready\ncat >/dev/null\n:`;
  const inside = ['sh', '-c', text, 'holder', ...options.args];
  const outside = ['unshare', ...options.namespaces, '--fork', '--kill-child', ...inside];
  const [program = 'sh', ...args] = joinGroups(options.groups, outside);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  await readiness(child);
  const pid = await findChild(child);
  if (pid === undefined) throw new Error('namespaces ended as soon as they were made');
  return {
    pid,
    kill: async () => {
      // The first of a process namespace takes all others with it; its parent ends when they are gone.
      signal(pid, 'SIGKILL');
      await closed;
    },
  };
};

const readiness = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = '';
    const take = (text: string): void => {
      said += text;
      if (/^ready$/m.test(said)) resolve();
    };
    child.stdout?.setEncoding('utf8').on('data', take);
    child.stderr?.setEncoding('utf8').on('data', take);
    child.on('error', reject);
    child.on('close', () => reject(new Error(`namespaces could not be made: ${said.trim()}`)));
  });

/** The one child of a program that forks once and waits: unshare, nsenter. Undefined when it ends without. */
export const findChild = async (parent: ChildProcess): Promise<number | undefined> => {
  while (parent.pid !== undefined && parent.exitCode === null && parent.signalCode === null) {
    const found = listChildren(parent.pid)[0];
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return undefined;
};

const listChildren = (parent: number): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readParent(pid) === parent)
    .map(Number);

/** From proc_pid_stat(5): the second field is a name in parentheses that may hold anything. */
const readParent = (pid: string): number | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
};

/** Sends a signal; who is gone already is left alone. */
export const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // Gone.
  }
};
