import type { Logger } from 'pino';
import type { Effect } from '../src/core/effect.ts';
import type { Trouble } from '../src/core/failure/trouble.ts';
import type { PlanId, SlotName, TaskName, Token } from '../src/core/ids.ts';
import type { Event, RunResult } from '../src/core/input.ts';
import type { SlotView } from '../src/core/view.ts';
import { BulkmeshError, messageOf } from '../src/errors.ts';
import type { Sandbox, SandboxDriver, SandboxSpec } from '../src/sandbox/driver.ts';
import { findSlot } from '../src/sandbox/enter.ts';
import type { SandboxInfo } from './control/protocol.ts';
import { createLost } from './lost.ts';
import type { RunView } from './progress.ts';
import { troubleOf } from './trouble.ts';

type Start = Extract<Effect, { kind: 'start' }>;

/** What a slot does with a `start`: everything that belongs to the task, nothing of the slot's own. */
export interface SlotWork {
  /** What sandboxes of a plan look like; undefined: those that are made ahead of any. */
  spec(planId: PlanId | undefined): SandboxSpec;
  run(
    start: Start,
    sandbox: Sandbox,
    signal: AbortSignal,
    onStage: (stage: string) => void,
  ): Promise<RunResult>;
  /** In place of `destroy` after a run. False: `destroy` is still to be called. */
  keep?(start: Start, sandbox: Sandbox, result: RunResult): Promise<boolean>;
}

/** A run as it is recorded: durable before its first process, closed after its last. */
export interface RunRecord {
  readonly token: Token;
  readonly planId: PlanId;
  readonly task: TaskName;
  readonly slot: SlotName;
  readonly startedAtMs: number;
}

export interface SlotPorts {
  readonly driver: SandboxDriver;
  readonly work: SlotWork;
  readonly log: Logger;
  readonly stateDir: string;
  /** By slot: what runs there, for whoever tells of it. */
  readonly runs: Map<string, RunView>;
  push(event: Event): void;
  beginRun(run: RunRecord): void;
  endRun(run: RunRecord, trouble: { readonly trouble: Trouble; readonly detail: string } | undefined): void;
  onStage(slot: SlotName, view: RunView): void;
}

/** Carries out the core's wishes about slots. Each one ends as exactly one event. */
export interface Slots {
  prepare(slot: SlotName, order: number): void;
  start(effect: Start): void;
  cancel(slot: SlotName, token: Token): void;
  clean(slot: SlotName, order: number): void;
  /** The core uses this slot no more: what it holds is for sweeps. */
  retire(slot: SlotName): void;
  sweep(): void;
  /** Stops every run and takes every sandbox away, without a word to the core. Resolves when all has been tried. */
  abandon(): Promise<void>;
  list(views: readonly SlotView[]): readonly SandboxInfo[];
  /** The name of a slot that holds a sandbox and runs nothing. Throws `SANDBOX_UNKNOWN` or `SANDBOX_BUSY`. */
  findIdle(views: readonly SlotView[], slot: string): SlotName;
}

interface Held {
  sandbox: Sandbox;
  /** What it looks like; nothing is gone on with that was made for a build that looks otherwise. */
  look: string;
  run: { readonly token: Token; readonly abort: AbortController } | undefined;
  /** To be tried once before it is destroyed: whether something of it is to be kept. */
  keep: (() => Promise<boolean>) | undefined;
}

export const createSlots = (ports: SlotPorts): Slots => {
  const held = new Map<SlotName, Held>();

  const lost = createLost(ports);

  const prepare = async (slot: SlotName, order: number): Promise<Event> => {
    if (held.has(slot)) throw new Error(`slot ${slot} is prepared twice`);
    try {
      const spec = ports.work.spec(undefined);
      const sandbox = await lost.during(slot, () => ports.driver.prepare(slot, spec));
      held.set(slot, { sandbox, look: JSON.stringify(spec), run: undefined, keep: undefined });
      return { kind: 'slotPrepared', slot, order };
    } catch (error) {
      return { kind: 'slotNotPrepared', slot, order, reason: messageOf(error) };
    }
  };

  /** Takes away what a slot holds; nothing happens when that is nothing. */
  const destroy = async (slot: SlotName): Promise<void> => {
    await lost.during(slot, async () => {
      const place = held.get(slot);
      const keep = place?.keep;
      if (place !== undefined) place.keep = undefined;
      if ((await keep?.()) !== true) await place?.sandbox.destroy();
    });
    held.delete(slot);
  };

  /** The sandbox for a run; another one where what was made ahead is not for this plan. */
  const suit = (place: Held, { slot, planId }: Start): Sandbox | Promise<Sandbox> => {
    const spec = ports.work.spec(planId);
    const look = JSON.stringify(spec);
    if (look === place.look) return place.sandbox;
    return lost.during(slot, async () => {
      await place.sandbox.destroy();
      place.sandbox = await ports.driver.prepare(slot, spec);
      place.look = look;
      return place.sandbox;
    });
  };

  const run = async (effect: Start): Promise<Event> => {
    const place = held.get(effect.slot);
    if (place === undefined) throw new Error(`slot ${effect.slot} is not prepared`);
    const abort = new AbortController();
    const startedAtMs = Date.now();
    const view: RunView = {
      token: effect.token,
      pkg: effect.task,
      jobs: effect.jobs,
      startedAtMs,
      stage: undefined,
      stageAtMs: undefined,
    };
    place.run = { token: effect.token, abort };
    ports.runs.set(effect.slot, view);
    const onStage = (stage: string): void => {
      view.stage = stage;
      view.stageAtMs = Date.now();
      ports.onStage(effect.slot, view);
    };
    const start = (sandbox: Sandbox): Promise<RunResult> =>
      ports.work.run(effect, sandbox, abort.signal, onStage);
    const result = await runRecorded(ports, effect, startedAtMs, () => {
      const sandbox = suit(place, effect);
      return sandbox instanceof Promise ? sandbox.then(start) : start(sandbox);
    });
    place.run = undefined;
    place.keep = async () => (await ports.work.keep?.(effect, place.sandbox, result)) === true;
    ports.runs.delete(effect.slot);
    return { kind: 'runEnded', slot: effect.slot, token: effect.token, result };
  };

  const clean = async (slot: SlotName, order: number): Promise<Event> => {
    try {
      await destroy(slot);
      return { kind: 'slotCleaned', slot, order };
    } catch (error) {
      return { kind: 'slotNotCleaned', slot, order, reason: messageOf(error) };
    }
  };

  const answer = (event: Promise<Event>): void => {
    event.then(ports.push, (error: unknown) => {
      // A bug, not trouble: going on could hurt the host. What is durable is safe, a restart recovers the rest.
      ports.log.fatal({ error: messageOf(error) }, 'the slot machinery failed');
      queueMicrotask(() => {
        throw error;
      });
    });
  };

  const abandon = async (): Promise<void> => {
    for (const { run } of held.values()) run?.abort.abort();
    await Promise.allSettled([...held.values()].map(({ sandbox }) => sandbox.destroy()));
  };

  return {
    abandon,
    prepare: (slot, order) => answer(prepare(slot, order)),
    start: (effect) => answer(run(effect)),
    clean: (slot, order) => answer(clean(slot, order)),
    retire: lost.add,
    sweep: () => answer(lost.sweep(destroy)),
    cancel: (slot, token) => {
      const current = held.get(slot)?.run;
      if (current?.token === token) current.abort.abort();
    },
    list: (views) =>
      views.map(({ slot, state, run }) => {
        const { dir, pid } = findSlot(ports.stateDir, slot);
        return { slot, state, dir, pid, pkg: run?.task };
      }),
    findIdle: (views, slot) => {
      const view = views.find((one) => one.slot === slot);
      if (view === undefined) {
        throw new BulkmeshError('SANDBOX_UNKNOWN', `there is no sandbox "${slot}"`, {
          hint: 'bulkmesh sandbox list shows those there are',
        });
      }
      const busy = busyWords[view.state];
      if (busy === undefined) return view.slot;
      throw new BulkmeshError('SANDBOX_BUSY', `${busy.message} ${slot}`, { hint: busy.hint });
    },
  };
};

/** Why a slot cannot be cleaned on a person's word; undefined where it can. */
const busyWords: Readonly<
  Record<SlotView['state'], { readonly message: string; readonly hint: string } | undefined>
> = {
  preparing: { message: 'nothing is ready yet in', hint: 'wait until it is' },
  ready: undefined,
  running: { message: 'a package is being built in', hint: 'wait for its end, or stop the build' },
  // It may be between two tries: then the next one comes at once.
  cleaning: undefined,
  retired: {
    message: 'the agent has tried in vain to clean',
    hint: 'see the log of the agent; it tries again every ten minutes',
  },
};

const runRecorded = async (
  ports: SlotPorts,
  { token, planId, task, slot }: Start,
  startedAtMs: number,
  run: () => Promise<RunResult>,
): Promise<RunResult> => {
  const record: RunRecord = { token, planId, task, slot, startedAtMs };
  const result = await attempt(() => {
    ports.beginRun(record);
    return run();
  });
  try {
    ports.endRun(record, result.kind === 'trouble' ? result : undefined);
  } catch (error) {
    // An open record is closed at the next start: it costs a line in the log and nothing else.
    ports.log.warn({ token, error: messageOf(error) }, 'a run record could not be closed');
  }
  return result;
};

const attempt = async (run: () => Promise<RunResult>): Promise<RunResult> => {
  try {
    return await run();
  } catch (error) {
    return { kind: 'trouble', ...troubleOf(error) };
  }
};
