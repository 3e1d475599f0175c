import { nameWait } from './dispatch/wait.ts';
import type { Step } from './state.ts';

/** Tells why nothing starts, once in a while. */
export const noteWait = ({ state, now, effects }: Step): void => {
  const { wait, waitNotes, limits } = state;
  if (wait === undefined) return;
  const name = nameWait(wait);
  const everyMs = name === 'full' ? limits.fullNoteMs : limits.waitNoteMs;
  const toldAtMs = waitNotes.get(name);
  if (toldAtMs !== undefined && now.now - toldAtMs < everyMs) return;
  waitNotes.set(name, now.now);
  effects.push({ kind: 'note', note: { kind: 'waiting', wait } });
};
