/** Every kind. */
export const troubles = [
  'disk-full',
  'sandbox',
  'network',
  'hook',
  'missing-dependency',
  'killed',
  'out-of-memory',
  'timeout',
  'lost',
  'work-full',
  'internal',
] as const;

/**
 * Trouble is what keeps a host from running a task to its own end. It never becomes a fact about the task: the
 * attempt is noted and the task goes back to the ready set.
 */
export type Trouble = (typeof troubles)[number];
