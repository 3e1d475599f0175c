import type { AgentState, LimitsChange } from '../../src/core/agent.ts';
import { createAgent, handle } from '../../src/core/agent.ts';
import type { Effect } from '../../src/core/effect.ts';
import { hostId, planId, type SessionId, sessionId, slotName } from '../../src/core/ids.ts';
import type { Event } from '../../src/core/input.ts';
import { type Hello, type Message, ownProtocol } from '../../src/core/message.ts';
import { loneMesh, makeLife } from './lives.ts';

/** Agents that speak to each other, where and when a test lets them. Nothing is lost on the way, and nothing takes time. */
export interface Talk {
  nowMs: number;
  readonly agents: ReadonlyMap<string, AgentState>;
  /** Everything that was said, in its order. */
  readonly said: { readonly from: string; readonly to: string; readonly message: Message }[];
  state(host: string): AgentState;
  send(host: string, event: Event): readonly Effect[];
  /** What a host says, whether it means it or not. */
  say(from: string, to: string, message: Message): void;
  connect(a: string, b: string): void;
  cut(a: string, b: string): void;
  /** Delivers all that was said, and what is said in answer; throws when that does not end. */
  settle(): void;
  /** Lets time pass, and wakes the agents when they want to be woken. */
  pass(ms: number): void;
}

interface Wire {
  readonly a: string;
  readonly b: string;
  readonly session: SessionId;
}

export const plan1 = planId('plan');

export const helloOf = (host: string): Hello => ({
  life: makeLife(host),
  mesh: loneMesh.id,
  protocol: ownProtocol,
  platform: loneMesh.platform,
  eligibility: 'allow',
  runs: 1,
  cores: 1,
});

export const createTalk = (hosts: readonly string[], limits: LimitsChange = {}): Talk => {
  const agents = new Map(hosts.map((host) => [host, createAgent(limits)]));
  const wires: Wire[] = [];
  const under: { readonly to: string; readonly session: SessionId; readonly message: Message }[] = [];
  let sessions = 0;
  const findWire = (a: string, b: string): Wire | undefined =>
    wires.find((wire) => (wire.a === a && wire.b === b) || (wire.a === b && wire.b === a));
  const otherEnd = (host: string, session: SessionId): string | undefined => {
    const wire = wires.find((one) => one.session === session && (one.a === host || one.b === host));
    return wire && (wire.a === host ? wire.b : wire.a);
  };
  const self: Talk = {
    nowMs: 0,
    agents,
    said: [],
    state: (host) => {
      const state = agents.get(host);
      if (state === undefined) throw new Error(`there is no host ${host}`);
      return state;
    },
    send: (host, event) => {
      const effects = handle(self.state(host), event, { now: self.nowMs, wall: self.nowMs });
      for (const effect of effects) {
        if (effect.kind !== 'send') continue;
        const to = otherEnd(host, effect.session);
        if (to === undefined) continue;
        self.said.push({ from: host, to, message: effect.message });
        under.push({ to, session: effect.session, message: effect.message });
      }
      return effects;
    },
    say: (from, to, message) => {
      const wire = findWire(from, to);
      if (wire === undefined) throw new Error(`${from} cannot speak to ${to}`);
      self.send(to, { kind: 'message', session: wire.session, message });
    },
    connect: (a, b) => {
      sessions += 1;
      const session = sessionId(sessions);
      wires.push({ a, b, session });
      self.send(a, { kind: 'sessionUp', session, hello: helloOf(b), isDialler: true });
      self.send(b, { kind: 'sessionUp', session, hello: helloOf(a), isDialler: false });
    },
    cut: (a, b) => {
      const wire = findWire(a, b);
      if (wire === undefined) throw new Error(`${a} and ${b} have no connection`);
      wires.splice(wires.indexOf(wire), 1);
      for (const host of [a, b]) self.send(host, { kind: 'sessionDown', session: wire.session });
    },
    settle: () => {
      for (let count = 0; under.length > 0; count++) {
        if (count > 10_000) throw new Error('they never stop talking');
        const next = under.shift();
        if (next === undefined || otherEnd(next.to, next.session) === undefined) continue;
        self.send(next.to, { kind: 'message', session: next.session, message: next.message });
      }
    },
    pass: (ms) => {
      const endMs = self.nowMs + ms;
      for (;;) {
        self.settle();
        const [next] = [...agents]
          .filter(([, { wakeAtMs }]) => wakeAtMs !== undefined && wakeAtMs <= endMs)
          .sort(([, a], [, b]) => (a.wakeAtMs ?? 0) - (b.wakeAtMs ?? 0));
        if (next === undefined) break;
        self.nowMs = Math.max(self.nowMs, next[1].wakeAtMs ?? 0);
        self.send(next[0], { kind: 'tick' });
      }
      self.nowMs = endMs;
    },
  };
  for (const host of hosts) {
    self.send(host, {
      kind: 'booted',
      life: makeLife(hostId(host)),
      slots: [slotName('build-1')],
      ...{ runs: 1, cores: 1, workMemoryBytes: 0, seed: 1, mesh: loneMesh },
    });
  }
  return self;
};
