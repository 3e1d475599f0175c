import { describe, expect, it } from 'vitest';
import { viewMesh } from '../../../src/core/meshView.ts';
import { makePlan } from '../samples.ts';
import { createTalk, plan1 } from '../talk.ts';

describe('repeatFarewell', () => {
  it('lets a host lead that the coordinator could not tell that it goes, once it is back', () => {
    const talk = createTalk(['a', 'b']);
    talk.connect('a', 'b');
    talk.pass(5_000);
    const leader = viewMesh(talk.state('a')).leader?.host === 'a' ? 'a' : 'b';
    const other = leader === 'a' ? 'b' : 'a';
    talk.send(leader, { kind: 'planAdded', planId: plan1, plan: makePlan({ x: [[], 60_000] }), entries: [] });
    talk.settle();
    talk.cut('a', 'b');
    talk.send(leader, { kind: 'shutdown', mode: 'drain' });
    talk.connect('a', 'b');
    talk.pass(5_000);
    expect(viewMesh(talk.state(other)).role).toBe('leading');
    expect(viewMesh(talk.state(leader)).leader?.host).toBe(other);
  });
});
