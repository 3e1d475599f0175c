import type { TaskName } from '../ids.ts';

/** Why nothing starts though a task is ready and a sandbox is there for it. */
export type Wait =
  /** The disk has too little room; `isFull`: even for a single run. */
  | {
      readonly kind: 'disk';
      readonly isFull: boolean;
      readonly freeBytes: number;
      readonly totalBytes: number;
    }
  /** What `task` took before does not fit beside what runs. */
  | {
      readonly kind: 'room';
      readonly task: TaskName;
      readonly what: 'memory' | 'disk';
      readonly neededBytes: number;
      readonly freeBytes: number;
    }
  /** `task` has run out of memory, and runs, or will run, with nothing beside it. */
  | { readonly kind: 'alone'; readonly task: TaskName };

/** When a wait was last noted, by its kind. */
export type WaitNotes = Map<string, number>;

/** The name under which a wait is noted: one that is worse is noted again. */
export const nameWait = (wait: Wait): string => (wait.kind === 'disk' && wait.isFull ? 'full' : wait.kind);
