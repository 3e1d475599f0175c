import { describe, expect, it } from 'vitest';
import { taskName } from '../../../src/core/ids.ts';
import { viewHeld } from '../../../src/core/meshView.ts';
import { makeLife, tokenOf } from '../lives.ts';
import { makePlan } from '../samples.ts';
import { createTalk, plan1 } from '../talk.ts';

describe('hearGive', () => {
  it('takes nothing that it does not wait for, and says so when it is asked', () => {
    const talk = createTalk(['a', 'b']);
    for (const host of ['a', 'b'])
      talk.send(host, { kind: 'planAdded', planId: plan1, plan: makePlan({ x: [[], 60_000] }), entries: [] });
    talk.connect('a', 'b');
    const id = { thief: makeLife('b'), count: 7 };
    const item = { planId: plan1, task: taskName('x'), again: false, duplicate: false };
    talk.said.length = 0;
    talk.say('a', 'b', { kind: 'give', id, item: { ...item, token: tokenOf(makeLife('c'), 1) } });
    expect(viewHeld(talk.state('b')).queue).toEqual([]);
    talk.say('a', 'b', { kind: 'ask', id });
    const answers = talk.said.filter(({ from }) => from === 'b').map(({ message }) => message.kind);
    expect(answers).toContain('nothave');
    expect(answers).not.toContain('taken');
  });
});
