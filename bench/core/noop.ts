import { type AgentState, createAgent, handle } from '../../src/core/agent.ts';
import type { Effect } from '../../src/core/effect.ts';
import { hostId, type Life, planId, sessionId, slotName } from '../../src/core/ids.ts';
import type { Event, RunResult } from '../../src/core/input.ts';
import { type Hello, ownProtocol } from '../../src/core/message.ts';
import type { Plan } from '../../src/core/plan.ts';

export const PLAN = planId('plan');
export const SESSION = sessionId(1);

export const lifeOf = (host: string): Life => ({ host: hostId(host), incarnation: 1, boot: 'bench' });

/** An agent that has booted, and what time it is there. */
export interface Subject {
  readonly state: AgentState;
  readonly life: Life;
  nowMs: number;
}

export const bootAgent = (host: string, slots: number, expectsPeers: boolean): Subject => {
  const subject = { state: createAgent({ sweepEveryMs: 1e12 }), life: lifeOf(host), nowMs: 0 };
  give(subject, {
    kind: 'booted',
    life: subject.life,
    slots: Array.from({ length: slots }, (_, slot) => slotName(`build-${slot + 1}`)),
    runs: slots,
    cores: slots,
    workMemoryBytes: 0,
    seed: 1,
    mesh: {
      ...{ id: 'bench', protocol: ownProtocol, platform: 'bench', eligibility: 'allow', expectsPeers },
      ...{ ballotN: 0, sharedFiles: true },
    },
  });
  return subject;
};

export const helloOf = (life: Life, slots: number): Hello => ({
  ...{ life, mesh: 'bench', protocol: ownProtocol, platform: 'bench', eligibility: 'allow' },
  ...{ runs: slots, cores: slots },
});

export const give = (subject: Subject, event: Event): readonly Effect[] =>
  handle(subject.state, event, { now: subject.nowMs, wall: subject.nowMs });

const built: RunResult = {
  kind: 'ended',
  outcome: { kind: 'built', digest: 'sha256:bench', sizeBytes: 1 },
  ...{ steps: [], cpuMs: 1, diskBytes: 1, memoryBytes: 1 },
};

/**
 * Carries a plan through on agents in whose world everything is done as soon as it is asked for. How many tasks were built, and
 * on how many of them another agent than the coordinator.
 */
export const carryThrough = (
  agents: readonly Subject[],
  plan: Plan,
): { readonly built: number; readonly granted: number } => {
  const queue: (readonly [Subject, Event])[] = [];
  const counts = { built: 0, granted: 0 };
  const wakes = new Map<Subject, number>();
  const [first] = agents;
  if (first === undefined) return counts;
  const carryOut = (agent: Subject, effect: Effect): void => {
    switch (effect.kind) {
      case 'start':
        counts.built += 1;
        if (agent !== first) counts.granted += 1;
        queue.push([agent, { kind: 'runEnded', slot: effect.slot, token: effect.token, result: built }]);
        break;
      case 'prepare':
        queue.push([agent, { kind: 'slotPrepared', slot: effect.slot, order: effect.order }]);
        break;
      case 'clean':
        queue.push([agent, { kind: 'slotCleaned', slot: effect.slot, order: effect.order }]);
        break;
      case 'fetchPlan':
        queue.push([agent, { kind: 'planAdded', planId: PLAN, plan, entries: [] }]);
        break;
      case 'wake':
        wakes.set(agent, effect.at);
        break;
      case 'send': {
        const other = agents.find((candidate) => candidate !== agent);
        if (other !== undefined)
          queue.push([other, { kind: 'message', session: SESSION, message: effect.message }]);
        break;
      }
      default:
        break;
    }
  };
  for (const agent of agents) {
    for (const other of agents) {
      if (other === agent) continue;
      const hello = helloOf(other.life, other.state.runs);
      queue.push([agent, { kind: 'sessionUp', session: SESSION, hello, isDialler: agent === first }]);
    }
  }
  queue.push([first, { kind: 'planAdded', planId: PLAN, plan, entries: [] }]);
  for (let at = 0; counts.built < plan.tasks.length || at < queue.length; at++) {
    const next = queue[at];
    if (next !== undefined) {
      for (const effect of give(...next)) carryOut(next[0], effect);
      continue;
    }
    // Nothing is to be done before the next timer.
    const due = Math.min(...wakes.values());
    if (!Number.isFinite(due)) throw new Error('nothing goes on');
    for (const agent of agents) {
      agent.nowMs = Math.max(agent.nowMs, due);
      if ((wakes.get(agent) ?? due + 1) > due) continue;
      wakes.delete(agent);
      queue.push([agent, { kind: 'tick' }]);
    }
    at -= 1;
  }
  return counts;
};
