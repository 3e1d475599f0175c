/**
 * What make, pkgsrc's and others', says once the reason has been told: that it stops, where, and with which code.
 */
const AFTERMATH: readonly RegExp[] = [
  /stopped in/,
  /^\*\*\* (\[.*\] )?Error code/,
  /^Stop\.?$/,
  /Fatal errors encountered/,
  /: \*\*\* \[.*\] Error \d+/,
  /: \*\*\* Waiting for unfinished jobs/,
  /: Leaving directory /,
];

/** The last line of what make printed that says why it failed; undefined when none does. Blanks around are cut off. */
export function findReason(text: string): string | undefined {
  return text
    .split('\n')
    .map((line) => line.replaceAll(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim())
    .findLast((line) => line !== '' && !AFTERMATH.some((pattern) => pattern.test(line)));
}
