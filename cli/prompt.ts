import { createInterface } from 'node:readline/promises';

/** True where a person can be asked: both ends are a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** Asks a question to be answered with y or n; anything but a yes, Ctrl-C and the end of input too, is no. */
export async function askYesNo(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const left = new AbortController();
  terminal.once('SIGINT', () => left.abort());
  terminal.once('close', () => left.abort());
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: left.signal });
    return /^y(?:es)?$/i.test(answer.trim());
  } catch (error) {
    if (!left.signal.aborted) throw error;
    process.stdout.write('\n');
    return false;
  } finally {
    terminal.close();
  }
}

/** True where a person can type what nobody is to see: standard output may go elsewhere. */
export function canAskHidden(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks for a line that is not shown; undefined after Ctrl-C, Ctrl-D and the end of input. */
export async function askHidden(question: string): Promise<string | undefined> {
  const { stdin, stderr } = process;
  stderr.write(question);
  // As it is typed, with nothing shown by the terminal.
  stdin.setRawMode(true);
  stdin.setEncoding('utf8').resume();
  try {
    return await readHiddenLine(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

/** Keys that end a line, take back a character, and give up. */
const [enter, back, leave] = [/[\r\n]/, /[\b\x7f]/, /[\x03\x04]/];

function readHiddenLine(stdin: NodeJS.ReadStream): Promise<string | undefined> {
  return new Promise((resolve) => {
    let line = '';
    const settle = (result: string | undefined): void => {
      stdin.off('data', take).off('end', giveUp);
      resolve(result);
    };
    const giveUp = (): void => settle(undefined);
    const take = (chunk: string): void => {
      for (const key of chunk) {
        if (enter.test(key) || leave.test(key)) {
          settle(enter.test(key) ? line.trim() : undefined);
          return;
        }
        line = back.test(key) ? line.slice(0, -1) : line + key;
      }
    };
    stdin.on('data', take).once('end', giveUp);
  });
}
