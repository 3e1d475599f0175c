import { hash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { type AgentState, createAgent, handle } from '../../src/core/agent.ts';
import type { Effect } from '../../src/core/effect.ts';
import { buildId, type PlanId, planId, slotName, taskName } from '../../src/core/ids.ts';
import type { Event } from '../../src/core/input.ts';
import { listEnds, viewMesh } from '../../src/core/meshView.ts';
import { ownProtocol } from '../../src/core/message.ts';
import { canonicalPlan, type Plan } from '../../src/core/plan.ts';
import type { Transport } from '../../src/mesh/transport.ts';
import { introduceAs, keyA, type Member, until, useMesh } from './support/mesh.ts';

/** A core that builds nothing: every task ends well after a moment. */
interface Station {
  readonly state: AgentState;
  push(event: Event): void;
  stop(): void;
}

const plans = new Map<PlanId, Plan>();

const startStation = (name: string, mesh: string, transport: () => Transport, hasSeeds: boolean): Station => {
  const state = createAgent();
  const timers = new Set<NodeJS.Timeout>();
  let wake: NodeJS.Timeout | undefined;
  const later = (event: Event, waitMs: number): NodeJS.Timeout => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      push(event);
    }, waitMs);
    timers.add(timer);
    return timer;
  };
  const push = (event: Event): void => {
    const now = { now: performance.now(), wall: Date.now() };
    for (const effect of handle(state, event, now)) carryOut(effect, now.now);
  };
  const carryOut = (effect: Effect, nowMs: number): void => {
    switch (effect.kind) {
      case 'send':
        transport().send(effect.session, effect.message);
        return;
      case 'closeSession':
        transport().closeSession(effect.session, effect.reason);
        return;
      case 'wake':
        clearTimeout(wake);
        wake = later({ kind: 'tick' }, Math.max(0, effect.at - nowMs));
        return;
      case 'prepare':
        later({ kind: 'slotPrepared', slot: effect.slot, order: effect.order }, 0);
        return;
      case 'clean':
        later({ kind: 'slotCleaned', slot: effect.slot, order: effect.order }, 0);
        return;
      case 'sweep':
        later({ kind: 'swept', clean: [] }, 0);
        return;
      case 'start':
        later({ kind: 'runEnded', slot: effect.slot, token: effect.token, result: succeed(effect.task) }, 20);
        return;
      case 'fetchPlan': {
        const plan = plans.get(effect.planId);
        if (plan !== undefined) later({ kind: 'planAdded', planId: effect.planId, plan, entries: [] }, 0);
        return;
      }
      default:
        return;
    }
  };
  const { life } = introduceAs(name, mesh).hello;
  const options = { id: mesh, protocol: ownProtocol, platform: 'linux-x64', eligibility: 'allow' as const };
  push({
    ...{ kind: 'booted', life, slots: [slotName('build-1'), slotName('build-2')], runs: 2, cores: 4 },
    ...{ workMemoryBytes: 0, seed: life.host.charCodeAt(0) },
    mesh: { ...options, expectsPeers: hasSeeds, ballotN: 0, sharedFiles: true },
  });
  const stop = (): void => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  };
  return { state, push, stop };
};

const succeed = (task: string) => ({
  ...{ kind: 'ended' as const, steps: [], cpuMs: 20, diskBytes: 1, memoryBytes: 1 },
  outcome: { kind: 'built' as const, digest: `sha256:${hash('sha256', task)}`, sizeBytes: 1 },
});

describe('real cores on real sockets', () => {
  const { open, ring } = useMesh();
  const stations: Station[] = [];
  afterEach(() => {
    for (const station of stations.splice(0)) station.stop();
  });

  it('find one coordinator and end a plan together, and all that they say is understood', async () => {
    const keys = ring(keyA);
    const members: Member[] = [];
    for (const name of ['A', 'B', 'C']) {
      const seeds = members.slice(0, 1).map(({ address }) => address);
      let station: Station | undefined;
      const member = await open(name, seeds, { keys, onEvent: (event) => station?.push(event) });
      members.push(member);
      station = startStation(name, keys.meshId, () => member.transport, seeds.length > 0);
      stations.push(station);
    }
    const leaders = () => new Set(stations.map(({ state }) => viewMesh(state).leader?.host));
    await until(() => leaders().size === 1 && !leaders().has(undefined), 'one coordinator');
    const plan = makePlan(60);
    const id = planId(hash('sha256', canonicalPlan(plan)));
    plans.set(id, plan);
    stations[2]?.push({ kind: 'planAdded', planId: id, plan, entries: [] });
    await until(() => stations.every(({ state }) => listEndsOf(state, id) === 60), 'all is built and known');
    expect(members.flatMap(({ troubles }) => troubles)).toEqual([]);
    const builders = new Set(
      listEnds(stations[0]?.state ?? createAgent(), id).map(({ origin }) => origin.host),
    );
    expect(builders.size).toBeGreaterThan(1);
  });
});

const listEndsOf = (state: AgentState, id: PlanId): number =>
  state.plans.some(({ planId: known }) => known === id) ? listEnds(state, id).length : 0;

const makePlan = (count: number): Plan => ({
  build: buildId('20260101T000000Z-abcdef'),
  tasks: Array.from({ length: count }, (_, index) => ({
    ...{ name: taskName(`pkg${index}-1.0`), estimateMs: 20, jobsSafe: true, weight: 100 },
    ...{ needs: index < 10 ? [] : [taskName(`pkg${index % 10}-1.0`)], diskBytes: 0, memoryBytes: 0 },
  })),
});
