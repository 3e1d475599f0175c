/**
 * Trouble is what keeps a host from running a task to its own end. It never becomes a fact about the task: the
 * attempt is noted and the task goes back to the ready set.
 */
export type Trouble =
  | 'disk-full'
  | 'sandbox'
  | 'network'
  | 'hook'
  | 'missing-dependency'
  | 'killed'
  | 'out-of-memory'
  | 'work-full'
  | 'timeout'
  | 'lost'
  | 'internal';
