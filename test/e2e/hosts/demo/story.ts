/** What a demo tells, line by line, and whether all that it promised held. */
export interface Story {
  /** What is about to be done. */
  step(text: string): void;
  /** What came of it, or what a program said. */
  say(text: string): void;
  /** Something that had to hold, and whether it did. `why` is told when not. */
  check(text: string, holds: boolean, why?: string): void;
  readonly isGood: boolean;
}

export const createStory = (): Story => {
  const hasColour = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
  const paint = (code: number, text: string): string =>
    hasColour ? `\u001b[${code}m${text}\u001b[0m` : text;
  let isGood = true;
  const write = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  return {
    step: (text) => write(`\n${paint(1, text)}`),
    say: (text) => {
      for (const line of text.trimEnd().split('\n')) write(`  ${line}`);
    },
    check: (text, holds, why = '') => {
      if (!holds) isGood = false;
      write(`  ${holds ? paint(32, 'ok     ') : paint(31, 'NOT SO ')} ${text}${holds ? '' : `: ${why}`}`);
    },
    get isGood() {
      return isGood;
    },
  };
};
