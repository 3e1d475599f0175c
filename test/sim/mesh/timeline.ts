import type { Effect, Note } from '../../../src/core/effect.ts';
import type { Entry } from '../../../src/core/facts/fact.ts';
import type { SessionId } from '../../../src/core/ids.ts';
import { lifeKey } from '../../../src/core/ids.ts';
import type { Event } from '../../../src/core/input.ts';
import type { Message } from '../../../src/core/message.ts';
import type { Fault } from './scenario.ts';
import type { Observer, Place, WorldView } from './trace.ts';

/**
 * Tells a run line by line as people want to read it: the world's time, where, what. `verbose` adds every message
 * but heartbeats, when it arrives.
 */
export const createTimeline = (print: (line: string) => void, verbose: boolean): Observer => {
  let world: WorldView | undefined;
  /** Who is at the other end. */
  const ends = new Map<Place, Map<SessionId, string>>();

  const tell = (where: string, what: string): void =>
    print(`${formatTime(world?.nowMs ?? 0)}  ${where.padEnd(6)}  ${what}`);

  const nameEnd = (place: Place, session: SessionId): string => ends.get(place)?.get(session) ?? '?';

  const hear = (place: Place, event: Event): void => {
    if (event.kind === 'sessionUp') {
      const sessions = ends.get(place) ?? new Map<SessionId, string>();
      ends.set(place, sessions);
      sessions.set(event.session, event.hello.life.host);
      if (verbose) tell(place.name, `connected with ${lifeKey(event.hello.life)}`);
    }
    if (verbose && event.kind === 'sessionDown') tell(place.name, `lost ${nameEnd(place, event.session)}`);
    if (event.kind !== 'message') {
      if (verbose && event.kind === 'fileNotFetched')
        tell(place.name, `no file of ${event.task}: ${event.why}`);
      return;
    }
    const { message, session } = event;
    const isLoud = message.kind === 'give' || message.kind === 'leave' || message.kind === 'resign';
    if (message.kind === 'heartbeat' || !(verbose || isLoud)) return;
    tell(place.name, `<- ${nameEnd(place, session)}: ${describeMessage(message)}`);
  };

  return {
    onStart: (given) => {
      world = given;
      const { hosts, plans, faults } = given.scenario;
      const tasks = plans.reduce((sum, plan) => sum + plan.tasks.length, 0);
      print(`seed ${given.scenario.seed}: ${hosts.length} hosts, ${tasks} tasks, ${faults.length} faults`);
      for (const { name, slots, cores, speed } of hosts) {
        print(`  ${name}: ${slots} slots, ${cores} cores, speed ${speed.toFixed(2)}`);
      }
    },
    onStep: hear,
    onEffect: (place, effect) => {
      for (const line of describeEffect(effect)) tell(place.name, line);
    },
    onFault: (fault, edge, hosts) => tell('!', `${describeFault(fault)} ${edge} (${hosts.join(', ')})`),
    onUp: (place) => tell(place.name, `up as ${place.life === undefined ? '?' : lifeKey(place.life)}`),
    onDown: (place, how) => {
      ends.delete(place);
      tell(place.name, `down: ${how}`);
    },
    onWord: (word, place) => tell(place.name, `user: ${word.kind} ${word.plan}`),
    onHeal: () => tell('!', 'all faults are over'),
    onEnd: () => tell('!', 'everything has ended'),
    onViolation: ({ check, place, what }) => tell(place ?? '!', `VIOLATION of ${check}: ${what}`),
  };
};

/** `0:03:12.045` */
const formatTime = (ms: number): string => {
  const whole = Math.floor(ms);
  const two = (number: number): string => String(number).padStart(2, '0');
  const seconds = Math.floor(whole / 1000);
  const clock = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${clock}.${String(whole % 1000).padStart(3, '0')}`;
};

const describeEffect = (effect: Effect): readonly string[] => {
  switch (effect.kind) {
    case 'start':
      return [`starts ${effect.task} -j${effect.jobs} on ${effect.slot} [${effect.token}]`];
    case 'cancel':
      return [`cancels ${effect.slot} [${effect.token}]: ${effect.reason}`];
    case 'persist':
      return effect.entries.map(describeEntry);
    case 'retire':
      return [`gives up slot ${effect.slot}: ${effect.reason}`];
    case 'planEnded':
      return [`${effect.planId} is over: ${effect.ending}`];
    case 'dropFile':
      return [`deletes its copy of ${effect.task}`];
    case 'note':
      return describeNote(effect.note);
    default:
      return [];
  }
};

const describeEntry = ({ task, token, outcome }: Entry): string => {
  switch (outcome.kind) {
    case 'built':
      return `built ${task} [${token}]`;
    case 'failed':
      return `${task} failed (${outcome.class}): ${outcome.reason} [${token}]`;
    case 'troubled':
      return `trouble with ${task}: ${outcome.trouble}, ${outcome.detail} [${token}]`;
    case 'retried':
      return `${task} is to be tried again, whatever came of ${outcome.voids.join(' ')}`;
  }
};

const describeNote = (note: Note): readonly string[] => {
  switch (note.kind) {
    case 'leader':
      return [note.isMe ? 'LEADS' : `follows ${note.host ?? 'nobody'}`];
    case 'peer':
      return [`sees ${note.host} ${note.status}`];
    case 'refused':
      return [`refuses ${note.host}: ${note.reason}`];
    case 'hostEvicted':
      return [note.isMe ? 'EVICTED' : `evicts ${note.host}`];
    case 'fileLost':
      return [`nobody has the file of ${note.task} any more`];
    case 'evicted':
      return [`ends ${note.task} for the disk`];
    default:
      return [];
  }
};

const describeMessage = (message: Message): string => {
  const { kind, ...rest } = message;
  const text = JSON.stringify(rest);
  return `${kind} ${text.length > textMax ? `${text.slice(0, textMax)}...` : text}`;
};

const textMax = 300;

const describeFault = (fault: Fault): string => {
  const { kind, atMs: _, ...rest } = fault;
  return `${kind} ${JSON.stringify(rest)}`;
};
