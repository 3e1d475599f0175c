import { describe, expect, it } from 'vitest';
import { createLoneMesh } from '../../agent/meshPort.ts';
import { hostId, planId, sessionId, taskName } from '../../src/core/ids.ts';
import type { Event } from '../../src/core/input.ts';

describe('the mesh of a host that has no others', () => {
  it('answers whatever would go to another host: nobody is there', () => {
    const events: Event[] = [];
    const mesh = createLoneMesh((event) => events.push(event));
    const [session, from, plan, task] = [sessionId(4), hostId('h2'), planId('p'), taskName('a')];
    mesh.send({ kind: 'send', session, message: { kind: 'leave', mode: 'now' } });
    mesh.close({ kind: 'closeSession', session, reason: 'left' });
    mesh.fetchPlan({ kind: 'fetchPlan', planId: plan, from });
    mesh.fetchFile({ kind: 'fetchFile', planId: plan, task, digests: [], from });
    mesh.dropFile({ kind: 'dropFile', planId: plan, task });
    expect(events).toEqual([
      { kind: 'sessionDown', session },
      { kind: 'planNotFetched', planId: plan, from },
      { kind: 'fileNotFetched', planId: plan, task, from, why: 'unreachable' },
    ]);
  });
});
