import type { Command } from '../../../src/sandbox/driver.ts';
import type { Answer } from '../fakesandbox.ts';

/** What the shell of a batch was told: the directories, and the words of make for each. */
const readBatch = (
  command: Command,
): { readonly dirs: readonly string[]; readonly make: readonly string[] } => {
  const [dirs = '', ...make] = command.argv.slice(6);
  return { dirs: dirs.split(' '), make };
};

/**
 * Plays the shell that runs make for one directory after the other: prints what `answer` has for each, and the lines that
 * tell them apart. One whose answer is no ordinary end takes the whole shell with it.
 */
export function answerBatch(
  command: Command,
  answer: (dir: string, make: readonly string[]) => Answer,
): Answer {
  const { dirs, make } = readBatch(command);
  const mark = command.argv[4] ?? '';
  let stdout = '';
  let stderr = '';
  for (const dir of dirs) {
    const ended = answer(dir, make);
    if ('kind' in ended) return ended;
    const frame = `\0${mark} ${dir} ${ended.code ?? 0}\n`;
    stdout += `${ended.stdout?.toString() ?? ''}${frame}`;
    stderr += `${ended.stderr ?? ''}${frame}`;
  }
  const { output } = command;
  const maxBytes = output.kind === 'capture' ? output.maxBytes : 0;
  return { stdout: Buffer.from(stdout).subarray(0, maxBytes), stderr };
}
