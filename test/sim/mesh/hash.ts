import type { Effect } from '../../../src/core/effect.ts';
import type { Event } from '../../../src/core/input.ts';
import { mixNumber } from './chance.ts';

/** A running hash of all that agents were told and answered: two runs that differ anywhere differ here. */
export interface TraceHash {
  add(atMs: number, place: number, event: Event, effects: readonly Effect[]): void;
  read(): number;
}

export const createTraceHash = (): TraceHash => {
  const numbers = new Map<string, number>();
  let hash = 0x811c9dc5;

  /** Short words come again and again: each is hashed once. */
  const addWord = (word: string): void => {
    let number = numbers.get(word);
    if (number === undefined) {
      number = hashText(word);
      numbers.set(word, number);
    }
    hash = mixNumber(hash, number);
  };

  const addEffect = (effect: Effect): void => {
    addWord(effect.kind);
    switch (effect.kind) {
      case 'send':
        addWord(effect.message.kind);
        hash = mixNumber(hash, effect.session);
        break;
      case 'persist':
      case 'keep':
        for (const { task, token, seq } of effect.entries) {
          addWord(task);
          hash = mixNumber(hash, hashText(token) ^ seq);
        }
        break;
      case 'start':
        addWord(effect.task);
        hash = mixNumber(hash, hashText(effect.token) ^ effect.jobs);
        break;
      case 'wake':
        hash = mixNumber(hash, effect.at * 64);
        break;
      default:
        break;
    }
  };

  return {
    add: (atMs, place, event, effects) => {
      hash = mixNumber(hash, atMs * 64);
      hash = mixNumber(hash, place);
      addWord(event.kind);
      if (event.kind === 'message') addWord(event.message.kind);
      for (const effect of effects) addEffect(effect);
    },
    read: () => hash >>> 0,
  };
};

const hashText = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = mixNumber(hash, text.charCodeAt(index));
  return hash;
};
