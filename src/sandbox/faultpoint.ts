/**
 * The steps of the life of a sandbox of driver `linux` after each of which its agent may die, in the order in which they are reached first:
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

/** The same for drivers whose sandboxes are chroots, where they take other steps. */
export const chrootFaultPoints = [
  'prepare.directory',
  'prepare.recorded',
  'chroot.claimed',
  'chroot.made',
  'chroot.shown',
  'chroot.built',
  'chroot.ready',
  'run.started',
  'run.ended',
  'clean.begun',
  'clean.killed',
  'clean.unmounted',
  'clean.renamed',
  'clean.deleted',
  'chroot.released',
] as const;

export type FaultPoint = (typeof faultPoints)[number] | (typeof chrootFaultPoints)[number];

let hook: ((point: FaultPoint) => void) | undefined;

/** Says that a step is done. Does nothing unless a test has set a hook. */
export function reach(point: FaultPoint): void {
  hook?.(point);
}

/** What to do at each point from now on; for the programs of tests. */
export function setFaultHook(next: (point: FaultPoint) => void): void {
  hook = next;
}
