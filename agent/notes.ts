import type { Logger } from 'pino';
import type { Note } from '../src/core/effect.ts';
import type { Progress } from './progress.ts';
import { describeWait } from './waiting.ts';

interface NotePorts {
  readonly progress: Pick<Progress, 'tell'>;
  readonly log: Logger;
}

/** Writes a note of the core into the log, and tells who follows the build of those that a person may have to act on. */
export const tellNote = ({ progress, log }: NotePorts, note: Note): void => {
  switch (note.kind) {
    case 'attemptTroubled': {
      const { task, slot, trouble, detail, attempt } = note;
      const how = trouble === 'timeout' ? 'killed by a watchdog' : 'trouble of this host';
      log.warn({ task, slot, trouble, detail, attempt }, how);
      progress.tell({
        kind: 'warning',
        text: `${task} on ${slot}: ${trouble}: ${detail} (${how}, attempt ${attempt})`,
      });
      break;
    }
    case 'slotTrouble':
      log.warn({ slot: note.slot, detail: note.detail }, 'trouble with a slot');
      progress.tell({ kind: 'warning', text: `slot ${note.slot}: ${note.detail}` });
      break;
    case 'waiting': {
      const text = describeWait(note.wait);
      log.info({ wait: note.wait }, text);
      // That one waits for another is the ordinary course; a disk without room is not.
      if (note.wait.kind === 'disk') progress.tell({ kind: 'warning', text });
      break;
    }
    case 'evicted':
      tellEviction({ progress, log }, note);
      break;
    case 'staleResult':
      log.warn(
        { slot: note.slot, token: note.token },
        'the result of a run that nobody waits for is left out',
      );
      break;
    case 'peer':
      log.info({ host: note.host, status: note.status }, 'how another host is seen has changed');
      break;
    case 'refused':
      log.warn({ host: note.host, reason: note.reason }, 'a connection of another host is refused');
      break;
    case 'hostEvicted': {
      const text = note.isMe
        ? 'this host was put out of the mesh: it starts nothing more until its agent is started again'
        : `host ${note.host} was put out of the mesh: it comes back when its agent is started again`;
      log.warn({ host: note.host, isMe: note.isMe }, text);
      progress.tell({ kind: 'warning', text });
      break;
    }
    case 'leader':
      log.info({ host: note.host, isMe: note.isMe }, describeLeader(note));
      break;
    case 'retried': {
      const { planId, tasks, host } = note;
      log.info({ planId, tasks, host }, 'what failed is tried again, as a user wants');
      break;
    }
    case 'fileLost': {
      const text = `no host has the package of ${note.task} any more: it is built again`;
      log.warn({ planId: note.planId, task: note.task }, text);
      progress.tell({ kind: 'warning', text });
      break;
    }
  }
};

const tellEviction = (
  { progress, log }: NotePorts,
  { task, slot, freeBytes, totalBytes }: Extract<Note, { readonly kind: 'evicted' }>,
): void => {
  const share = totalBytes === 0 ? 0 : Math.floor((100 * freeBytes) / totalBytes);
  const text = `${task} on ${slot} is ended to save the disk for the others (${share} % free): it comes again`;
  log.warn({ task, slot, freeBytes, totalBytes }, text);
  progress.tell({ kind: 'warning', text });
};

const describeLeader = ({ host, isMe }: Extract<Note, { readonly kind: 'leader' }>): string => {
  if (isMe) return 'this host coordinates';
  return host === undefined ? 'no host coordinates' : 'another host coordinates';
};
