import { describe, expect, it } from 'vitest';
import { findCommonSpeed, speedOf } from '../../../src/core/dispatch/speed.ts';
import { hostId } from '../../../src/core/ids.ts';
import type { Load } from '../../../src/core/message.ts';
import { createTalk } from '../talk.ts';

const load = (speed: number, measuredMs: number): Load => ({
  ...{ usable: 1, running: 0, queued: 0, givable: 0, waitMs: 0, coresFree: 1 },
  ...{ memoryFreeBytes: undefined, diskFreeBytes: undefined, speed, measuredMs },
});

/** An agent, and what others have told it of their speed. */
const meet = (told: Readonly<Record<string, Load>>) => {
  const talk = createTalk(['a', ...Object.keys(told)]);
  for (const [host, their] of Object.entries(told)) {
    talk.connect('a', host);
    talk.settle();
    talk.say(host, 'a', { kind: 'heartbeat', ballot: undefined, load: their, have: [] });
  }
  return talk.state('a');
};

describe('the speed of a host', () => {
  it('that has built nothing yet is that of the others, however far off the estimates are', () => {
    const state = meet({ b: load(12, 600_000), c: load(11, 500_000), d: load(1, 0) });
    const [measured, fresh, own] = [hostId('b'), hostId('d'), hostId('a')].map((host) =>
      speedOf(state, host),
    );
    expect(fresh).toBe(measured);
    expect(own).toBe(measured);
    expect(fresh).toBe(state.limits.mesh.speedMax);
  });

  it('counts when it differs from that of the others beyond doubt, and not before', () => {
    const state = meet({
      b: load(2, 900_000),
      c: load(2, 900_000),
      d: load(0.5, 900_000),
      e: load(2, 1_000),
    });
    expect(findCommonSpeed(state)).toBeCloseTo(1.48, 1);
    expect(speedOf(state, hostId('d'))).toBeLessThan(0.6);
    expect(speedOf(state, hostId('e'))).toBe(findCommonSpeed(state));
  });
});
