import { type ChildProcess, spawn } from 'node:child_process';
import { findChild, signal } from './holder.ts';

/** How a program on a host ended, and what it said. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs on a host. */
export interface Program {
  readonly ended: Promise<ProgramEnd>;
  /** Both outputs so far. */
  output(): string;
  /** Resolves when both outputs together match; rejects when the program ends without. */
  waitFor(pattern: RegExp): Promise<void>;
  /** To the program alone, not to what it has started. */
  kill(name: NodeJS.Signals): Promise<void>;
  /** SIGSTOP, and SIGCONT when told to go on. */
  pause(): Promise<() => void>;
}

/**
 * Starts what enters namespaces and then becomes a program: the one that counts is its child, since a process namespace can be
 * entered by children alone.
 */
export const startProgram = (argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Program => {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const outputs = collect(child);
  const ended = new Promise<ProgramEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, name) => resolve({ code, signal: name, ...outputs.read() }));
  });
  // Whoever looks at its end later still sees why it could not be started.
  ended.catch(() => {});
  const inner = findChild(child);
  return {
    ended,
    output: () => Object.values(outputs.read()).join(''),
    waitFor: async (pattern) => {
      await outputs.waitFor(pattern, ended);
    },
    kill: async (name) => {
      const pid = await inner;
      if (pid !== undefined && child.exitCode === null) signal(pid, name);
    },
    pause: async () => {
      const pid = await inner;
      if (pid !== undefined) signal(pid, 'SIGSTOP');
      return () => {
        if (pid !== undefined) signal(pid, 'SIGCONT');
        // Whoever waits for a stopped child stops with it.
        if (child.pid !== undefined) signal(child.pid, 'SIGCONT');
      };
    },
  };
};

const collect = (child: ChildProcess) => {
  const said = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      for (const watch of watchers) watch();
    });
  }
  return {
    read: () => ({ ...said }),
    waitFor: (pattern: RegExp, ended: Promise<ProgramEnd>) =>
      new Promise<void>((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(said.stdout + said.stderr)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
        const fail = (): void => reject(new Error(`${pattern} did not come:\n${said.stdout}${said.stderr}`));
        void ended.then(fail, fail);
      }),
  };
};
