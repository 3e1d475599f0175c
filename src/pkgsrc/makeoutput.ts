/**
 * What make, pkgsrc's and others', and compilers say once the reason has been told: that they stop, where, with which
 * code, and a picture of the place.
 */
const AFTERMATH: readonly RegExp[] = [
  /stopped in/,
  /^\*\*\* (\[.*\] )?Error code/,
  /^Stop\.?$/,
  /^\d+ errors?( generated\.)?$/,
  /Fatal errors encountered/,
  /: \*\*\* \[.*\] Error \d+/,
  /: \*\*\* Waiting for unfinished jobs/,
  /: Leaving directory /,
  /^collect2: error: ld returned/,
  /^\d* *\|/,
];
/** Said beside the reason, whether or not anything fails. */
const ASIDE = /\b(warning|note): /i;
const ERROR = /\berror: /i;

/**
 * The line of what make printed that says why it failed: the last that a tool calls an error, else the last that is
 * more than aftermath; undefined when there is none. Control characters and blanks around are taken away.
 */
export function findReason(text: string): string | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.replaceAll(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim())
    .filter((line) => line !== '' && !AFTERMATH.some((pattern) => pattern.test(line)));
  return (
    lines.findLast((line) => ERROR.test(line)) ?? lines.findLast((line) => !ASIDE.test(line)) ?? lines.at(-1)
  );
}
