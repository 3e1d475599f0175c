import type { Logger } from 'pino';
import type { Effect, Note } from '../src/core/effect.ts';
import type { Fact } from '../src/core/facts/fact.ts';
import type { Director } from './build/director.ts';
import type { Progress } from './progress.ts';
import type { Slots } from './slots.ts';
import { describeWait } from './waiting.ts';

export interface PerformerPorts {
  readonly slots: Slots;
  readonly director: Director;
  readonly progress: Progress;
  readonly log: Logger;
}

/** The core's wishes, carried out. What goes wrong on the way comes back to the core as an event. */
export const createPerformer = (ports: PerformerPorts): ((effect: Effect) => void) => {
  const { slots, director, progress, log } = ports;
  return (effect) => {
    switch (effect.kind) {
      case 'announce':
        for (const fact of effect.facts) announce(ports, fact);
        break;
      case 'prepare':
        slots.prepare(effect.slot, effect.order);
        break;
      case 'start': {
        const { slot, task, jobs } = effect;
        progress.tell({ kind: 'started', pkg: task, slot, jobs, atMs: Date.now() });
        slots.start(effect);
        break;
      }
      case 'cancel':
        slots.cancel(effect.slot, effect.token);
        break;
      case 'clean':
        slots.clean(effect.slot, effect.order);
        break;
      case 'retire': {
        const text = `slot ${effect.slot} will not come clean (${effect.reason}): ${effect.replacement} takes its place`;
        log.error(text);
        progress.tell({ kind: 'warning', text });
        slots.retire(effect.slot);
        break;
      }
      case 'sweep':
        slots.sweep();
        break;
      case 'planEnded':
        director.planEnded(effect.planId, effect.ending);
        break;
      case 'note':
        tellNote(ports, effect.note);
        break;
      case 'persist':
      case 'wake':
        throw new Error(`the loop itself carries out ${effect.kind}`);
    }
  };
};

const announce = ({ progress, log, director }: PerformerPorts, fact: Fact): void => {
  const { task, slot, outcome, wallMs } = fact;
  const blocks = outcome.kind === 'failed' ? director.countBlocked(fact.task) : 0;
  log.info({ task, slot, outcome, wallMs: Math.round(wallMs), blocks }, 'a package has ended');
  progress.tell({ kind: 'ended', pkg: task, slot, outcome, wallMs, blocks, counts: progress.counts() });
};

const tellNote = ({ progress, log }: PerformerPorts, note: Note): void => {
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
    case 'evicted': {
      const { task, slot, freeBytes, totalBytes } = note;
      const share = totalBytes === 0 ? 0 : Math.floor((100 * freeBytes) / totalBytes);
      const text = `${task} on ${slot} is ended to save the disk for the others (${share} % free): it comes again`;
      log.warn({ task, slot, freeBytes, totalBytes }, text);
      progress.tell({ kind: 'warning', text });
      break;
    }
    case 'staleResult':
      log.warn(
        { slot: note.slot, token: note.token },
        'the result of a run that nobody waits for is left out',
      );
      break;
  }
};
