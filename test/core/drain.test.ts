import { describe, expect, it } from 'vitest';
import { listOwners, viewHeld, viewMesh, viewPeers } from '../../src/core/meshView.ts';
import { createDriver } from './driver.ts';
import { built, makePlan } from './samples.ts';
import { createTalk, plan1 } from './talk.ts';

const plan = makePlan(
  Object.fromEntries(['t1', 't2', 't3', 't4', 't5', 't6'].map((name) => [name, [[], 60_000]])),
);

describe('a host that is drained', () => {
  it('ends what runs, starts nothing, clears its sandboxes away, and goes on when it is taken back', () => {
    const driver = createDriver(2);
    driver.add(makePlan({ a: [[], 3], b: [[], 2], c: [[], 1] }));
    driver.prepare('build-1');
    driver.prepare('build-2');
    driver.send({ kind: 'drained', isDrained: true });
    expect(driver.running()).toEqual(['build-1: a', 'build-2: b']);
    const effects = [...driver.end('build-1', built), ...driver.end('build-2', built)];
    const kinds = effects.map(({ kind }) => kind);
    expect(kinds).not.toContain('prepare');
    expect(kinds).not.toContain('planEnded');
    driver.send({ kind: 'drained', isDrained: false });
    driver.prepareAll();
    expect(driver.running()).toEqual(['build-1: c']);
  });

  it('gives its queue back, is granted nothing and steals nothing, and all see why', () => {
    const hosts = ['a', 'b'];
    const talk = createTalk(hosts);
    talk.connect('a', 'b');
    talk.pass(5_000);
    for (const host of hosts) talk.send(host, { kind: 'planAdded', planId: plan1, plan, entries: [] });
    talk.pass(3_000);
    const leader = hosts.find((host) => viewMesh(talk.state(host)).role === 'leading') ?? '';
    const other = leader === 'a' ? 'b' : 'a';
    expect(viewHeld(talk.state(other)).queue.length).toBeGreaterThan(0);
    talk.send(other, { kind: 'drained', isDrained: true });
    talk.pass(10_000);
    expect(viewHeld(talk.state(other)).queue).toEqual([]);
    expect(listOwners(talk.state(leader), plan1).filter(({ life }) => life.host === other)).toEqual([]);
    const { load } = viewPeers(talk.state(leader))[0] ?? {};
    expect(load).toMatchObject({ usable: 0, isDrained: true });
    talk.send(other, { kind: 'drained', isDrained: false });
    talk.pass(2_000);
    expect(viewHeld(talk.state(other)).queue.length).toBeGreaterThan(0);
    talk.send(leader, { kind: 'drained', isDrained: true });
    talk.pass(2_000);
    expect(viewMesh(talk.state(leader)).role).toBe('leading');
    expect(viewPeers(talk.state(other))[0]?.load?.isDrained).toBe(true);
  });
});
