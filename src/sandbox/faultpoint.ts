/**
 * The steps of a sandbox's life after each of which its agent may die, in the order in which they are reached first:
 * tests kill a program that holds sandboxes at each of them in turn, so that what is left never hangs on luck.
 */
export const faultPoints = [
  'prepare.directory',
  'prepare.recorded',
  'prepare.layers',
  'prepare.tables',
  'prepare.init',
  'prepare.mounted',
  'prepare.users',
  'prepare.entered',
  'prepare.verified',
  'prepare.ready',
  'run.fitted',
  'run.started',
  'run.ended',
  'clean.begun',
  'clean.killed',
  'clean.ungrouped',
  'clean.unmounted',
  'clean.renamed',
  'clean.deleted',
] as const;

export type FaultPoint = (typeof faultPoints)[number];

let hook: ((point: FaultPoint) => void) | undefined;

/** Says that a step is done. Does nothing unless a test has set a hook. */
export function reach(point: FaultPoint): void {
  hook?.(point);
}

/** What to do at each point from now on; for the programs of tests. */
export function setFaultHook(next: (point: FaultPoint) => void): void {
  hook = next;
}
