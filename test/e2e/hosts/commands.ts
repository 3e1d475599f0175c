import { spawn } from 'node:child_process';

/** Runs a program of this host to its end; rejects with what it said when that is not 0. */
export const runHere = (argv: readonly string[], input = ''): Promise<string> =>
  new Promise((resolve, reject) => {
    const [program = '', ...args] = argv;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`${argv.join(' ')} ended with ${code}: ${said.trim()}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });

/** Lines for ip(8), carried out in the network namespace of that process, all or up to the first that fails. */
export const runIp = async (pid: number, lines: readonly string[]): Promise<void> => {
  await runHere([...enterNet(pid), 'ip', '-batch', '-'], `${lines.join('\n')}\n`);
};

export const enterNet = (pid: number): readonly string[] => ['nsenter', `--net=/proc/${pid}/ns/net`];

export const describeError = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
