import { describe, expect, it } from 'vitest';
import { viewHeld } from '../../../src/core/meshView.ts';
import { makePlan } from '../samples.ts';
import { createTalk, plan1 } from '../talk.ts';

describe('a host that cannot run the tasks of a plan', () => {
  it('coordinates it and is given nothing of it, and takes its part as soon as it can', () => {
    const talk = createTalk(['a', 'b']);
    talk.connect('a', 'b');
    talk.pass(100);
    const plan = makePlan({ x: [[], 60_000], y: [[], 60_000], z: [[], 60_000] });
    const added = { kind: 'planAdded', planId: plan1, plan, entries: [] } as const;
    talk.send('a', { ...added, isFit: false });
    const effects = talk.send('b', added);
    talk.pass(3_000);
    const prepared = effects.flatMap((effect) => (effect.kind === 'prepare' ? [effect] : []));
    expect(prepared.length).toBe(1);
    for (const { slot, order } of prepared) talk.send('b', { kind: 'slotPrepared', slot, order });
    talk.pass(3_000);
    expect(viewHeld(talk.state('b')).runs.length).toBe(1);
    const held = (host: string) => {
      const { runs, queue } = viewHeld(talk.state(host));
      return runs.length + queue.length;
    };
    expect(held('a')).toBe(0);
    expect(talk.said.some(({ from, message }) => from === 'a' && message.kind === 'steal')).toBe(false);

    const woken = talk.send('a', { kind: 'planFits', planId: plan1, isFit: true });
    const [first] = woken.flatMap((effect) => (effect.kind === 'prepare' ? [effect] : []));
    expect(first).toBeDefined();
    if (first === undefined) return;
    talk.send('a', { kind: 'slotPrepared', slot: first.slot, order: first.order });
    talk.pass(1_000);
    expect(viewHeld(talk.state('a')).runs.length).toBe(1);
  });
});
