import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Effect } from '../../src/core/effect.ts';
import type { Event } from '../../src/core/input.ts';
import { type MeshTraffic, TrafficMeter } from '../../src/mesh/traffic.ts';
import type { AgentFigures, AgentWord } from './words.ts';

/** Looks at what goes in and out of the core of an agent. */
export interface Meters {
  hear(event: Event): void;
  see(effect: Effect): void;
  /** The next package that starts is told. */
  awaitStart(): void;
  reset(): void;
  measure(): AgentFigures;
}

/** Unix milliseconds with fractions, by a clock that nobody sets. */
export const epochMs = (): number => performance.timeOrigin + performance.now();

export const createMeters = (say: (word: AgentWord) => void, traffic: () => MeshTraffic): Meters => {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  let isStartAwaited = true;
  let isGrantAwaited = false;
  let ran = 0;
  let cpu = process.cpuUsage();
  let base = copyTraffic(new TrafficMeter());
  let gavesMs: number[] = [];
  let stolenMs: number[] = [];
  let stealsInVain = 0;
  let askedMs = 0;
  /** By task that was given: when it was asked for. */
  const given = new Map<string, number>();

  const noteStolen = (task: string): void => {
    const sinceMs = given.get(task);
    if (sinceMs !== undefined) stolenMs.push(performance.now() - sinceMs);
    given.delete(task);
  };

  return {
    hear: (event) => {
      if (event.kind === 'runEnded') ran += 1;
      if (event.kind !== 'message') return;
      if (event.message.kind === 'none') stealsInVain += 1;
      if (event.message.kind !== 'give') return;
      gavesMs.push(performance.now() - askedMs);
      given.set(event.message.item.task, askedMs);
    },
    see: (effect) => {
      switch (effect.kind) {
        case 'start':
          noteStolen(effect.task);
          if (isStartAwaited) say({ kind: 'started', atMs: epochMs() });
          isStartAwaited = false;
          break;
        case 'send':
          if (effect.message.kind === 'steal') askedMs = performance.now();
          if (effect.message.kind !== 'grant' || !isGrantAwaited) break;
          isGrantAwaited = false;
          say({ kind: 'granted', atMs: epochMs() });
          break;
        case 'note':
          if (effect.note.kind !== 'leader') break;
          isGrantAwaited = effect.note.isMe;
          say({ kind: 'leads', isMe: effect.note.isMe, atMs: epochMs() });
          break;
        default:
          break;
      }
    },
    awaitStart: () => {
      isStartAwaited = true;
    },
    reset: () => {
      loop.reset();
      cpu = process.cpuUsage();
      base = copyTraffic(traffic());
      [ran, gavesMs, stolenMs, stealsInVain] = [0, [], [], 0];
    },
    measure: () => {
      const used = process.cpuUsage(cpu);
      const now = copyTraffic(traffic());
      const sentByKind = Object.fromEntries(
        [...now.sent].map(([kind, count]) => [kind, count - (base.sent.get(kind) ?? 0)]),
      );
      return {
        cpuMs: (used.user + used.system) / 1_000,
        // The histogram counts from one expected tick to the next: one millisecond of it is none.
        loopDelayP99Ms: Math.max(0, loop.percentile(99) / 1e6 - 1),
        messagesSent: Object.values(sentByKind).reduce((sum, count) => sum + count, 0),
        bytesSent: now.bytesOut - base.bytesOut,
        sentByKind,
        ...{ ran, gavesMs, stolenMs, stealsInVain },
      };
    },
  };
};

const copyTraffic = ({ bytesOut, sent }: MeshTraffic): Pick<MeshTraffic, 'bytesOut' | 'sent'> => ({
  bytesOut,
  sent: new Map(sent),
});
