import { describe, expect, it } from 'vitest';
import { viewMesh } from '../../../src/core/meshView.ts';
import { makeLife } from '../lives.ts';
import { createTalk } from '../talk.ts';

describe('answerCanvass', () => {
  it('does not let all wait for a host that is said to lead and does not', () => {
    const hosts = ['a', 'b', 'c'];
    const talk = createTalk(hosts);
    for (const [one, other] of [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ] as const)
      talk.connect(one, other);
    talk.pass(5_000);
    const ballot = { n: 1_000, life: makeLife('a') };
    talk.say('b', 'a', { kind: 'lead', ballot });
    talk.say('a', 'b', { kind: 'lead', ballot });
    talk.say('a', 'c', { kind: 'lead', ballot });
    talk.pass(10_000);
    const leaders = hosts.filter((host) => viewMesh(talk.state(host)).role === 'leading');
    expect(leaders).toHaveLength(1);
    for (const host of hosts) expect(viewMesh(talk.state(host)).leader?.host).toBe(leaders[0]);
  });
});
