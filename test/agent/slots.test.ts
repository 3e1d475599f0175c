import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { RunView } from '../../agent/progress.ts';
import { createSlots, type SlotPorts } from '../../agent/slots.ts';
import { planId, slotName, type Token, taskName } from '../../src/core/ids.ts';
import type { Event, RunResult } from '../../src/core/input.ts';
import type { SlotView } from '../../src/core/view.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { driverTraits } from '../../src/sandbox/traits.ts';
import { FakeSandbox } from '../pkgsrc/fakesandbox.ts';
import { emptySpec } from '../sandbox/support/host.ts';

const slot = slotName('build-1');
const start = {
  kind: 'start',
  slot,
  planId: planId('p'),
  task: taskName('a-1.0'),
  token: '1.1@h' as Token,
  jobs: 2,
  work: { kind: 'disk' },
} as const;
const ended: RunResult = {
  kind: 'ended',
  outcome: { kind: 'built', digest: 'sha256:0', sizeBytes: 1 },
  steps: [],
  cpuMs: 0,
  diskBytes: 0,
  memoryBytes: 0,
};

describe('slots', () => {
  const make = (changes: Partial<SlotPorts> = {}) => {
    const told: string[] = [];
    const heard: Event[] = [];
    let notify: (() => void) | undefined;
    const runs = new Map<string, RunView>();
    const sandbox = new FakeSandbox();
    const slots = createSlots({
      driver: {
        kind: 'linux',
        traits: driverTraits.linux,
        slotsMax: 9,
        prepare: async () => sandbox,
        sweep: async () => ({ processesKilled: 0, mountsRemoved: 0, directoriesRemoved: 0, left: [] }),
      },
      work: { spec: () => emptySpec, run: async () => ended },
      log: pino({ enabled: false }),
      stateDir: join('/nonexistent', 'state'),
      runs,
      push: (event) => {
        heard.push(event);
        notify?.();
      },
      beginRun: ({ task }) => told.push(`begin ${task}`),
      endRun: ({ task }, trouble) => told.push(`end ${task} ${trouble?.trouble ?? 'well'}`),
      onStage: (_, { stage }) => told.push(`stage ${stage}`),
      ...changes,
    });
    const next = async (): Promise<Event | undefined> => {
      if (heard.length === 0) await new Promise<void>((resolve) => (notify = resolve));
      return heard.shift();
    };
    return { slots, told, next, runs, sandbox };
  };
  const makeReady = async (changes: Partial<SlotPorts> = {}) => {
    const made = make(changes);
    made.slots.prepare(slot, 7);
    expect(await made.next()).toEqual({ kind: 'slotPrepared', slot, order: 7 });
    return made;
  };
  const view = (state: SlotView['state']): readonly SlotView[] => [
    { slot, state, isSpare: false, run: undefined },
  ];

  it('write a run down before it begins, and its end before anybody hears of it', async () => {
    const { slots, told, next, runs } = await makeReady({
      work: {
        spec: () => emptySpec,
        run: async (_start, _sandbox, _signal, onStage) => {
          told.push(`run beside ${[...runs.keys()].join()}`);
          onStage('build');
          return ended;
        },
      },
    });
    slots.start(start);
    expect(await next()).toEqual({ kind: 'runEnded', slot, token: start.token, result: ended });
    expect(told).toEqual(['begin a-1.0', 'run beside build-1', 'stage build', 'end a-1.0 well']);
    expect(runs.size).toBe(0);
  });

  it('stop every run and take every sandbox away when the agent is abandoned', async () => {
    let stopped = false;
    const { slots, sandbox } = await makeReady({
      work: {
        spec: () => emptySpec,
        run: (_start, _sandbox, signal) =>
          new Promise(() => {
            signal.addEventListener('abort', () => {
              stopped = true;
            });
          }),
      },
    });
    let destroyed = 0;
    sandbox.destroy = async () => {
      destroyed += 1;
    };
    slots.start(start);
    await slots.abandon();
    expect({ stopped, destroyed }).toEqual({ stopped: true, destroyed: 1 });
  });

  it('say why a sandbox could not be made or cleaned, and clean it at the next try', async () => {
    const failing = make({
      driver: {
        kind: 'linux',
        traits: driverTraits.linux,
        slotsMax: 1,
        prepare: async () => {
          throw new BulkmeshError('SANDBOX_PREPARE', 'no mount today');
        },
        sweep: async () => ({ processesKilled: 0, mountsRemoved: 0, directoriesRemoved: 0, left: [] }),
      },
    });
    failing.slots.prepare(slot, 7);
    expect(await failing.next()).toEqual({
      kind: 'slotNotPrepared',
      slot,
      order: 7,
      reason: 'no mount today',
    });

    const { slots, next, sandbox } = await makeReady();
    const { destroy } = sandbox;
    sandbox.destroy = async () => {
      throw new Error('busy');
    };
    slots.clean(slot, 8);
    expect(await next()).toEqual({ kind: 'slotNotCleaned', slot, order: 8, reason: 'busy' });
    sandbox.destroy = destroy;
    slots.clean(slot, 8);
    expect(await next()).toEqual({ kind: 'slotCleaned', slot, order: 8 });
    slots.prepare(slot, 7);
    expect(await next()).toEqual({ kind: 'slotPrepared', slot, order: 7 });
  });

  it.each([
    ['an error of its own', new Error('a bug'), 'internal', 'a bug'],
    ['a full state disk', new BulkmeshError('STORE_DISK_FULL', 'no space'), 'disk-full', 'no space'],
    ['a full log disk', Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }), 'disk-full', 'ENOSPC'],
  ] as const)('take %s for trouble of the host, never for the package', async (...row) => {
    const [, error, trouble, detail] = row;
    const { slots, told, next } = await makeReady({
      work: {
        spec: () => emptySpec,
        run: () => {
          throw error;
        },
      },
    });
    slots.start(start);
    expect(await next()).toMatchObject({ kind: 'runEnded', result: { kind: 'trouble', trouble, detail } });
    expect(told).toEqual(['begin a-1.0', `end a-1.0 ${trouble}`]);
  });

  it('run nothing that could not be written down', async () => {
    let ran = false;
    const { slots, next } = await makeReady({
      beginRun: () => {
        throw new BulkmeshError('STORE_DISK_FULL', 'no space');
      },
      work: {
        spec: () => emptySpec,
        run: async () => {
          ran = true;
          return ended;
        },
      },
    });
    slots.start(start);
    expect(await next()).toMatchObject({ result: { kind: 'trouble', trouble: 'disk-full' } });
    expect(ran).toBe(false);
  });

  it('keep the result of a run whose record cannot be closed', async () => {
    const { slots, next } = await makeReady({
      endRun: () => {
        throw new BulkmeshError('STORE_DISK_FULL', 'no space');
      },
    });
    slots.start(start);
    expect(await next()).toMatchObject({ kind: 'runEnded', result: { kind: 'ended' } });
  });

  it('cancel the run of that token and no other', async () => {
    let signal: AbortSignal | undefined;
    const running = Promise.withResolvers<RunResult>();
    const { slots, next } = await makeReady({
      work: {
        spec: () => emptySpec,
        run: (_start, _sandbox, theirs) => {
          signal = theirs;
          return running.promise;
        },
      },
    });
    slots.start(start);
    slots.cancel(slot, '1.2@h' as Token);
    slots.cancel(slotName('build-2'), start.token);
    expect(signal?.aborted).toBe(false);
    slots.cancel(slot, start.token);
    expect(signal?.aborted).toBe(true);
    running.resolve({ kind: 'trouble', trouble: 'killed', detail: 'stopped' });
    expect(await next()).toMatchObject({ result: { trouble: 'killed' } });
    slots.cancel(slot, start.token);
  });

  it('can be cleaned on a person’s word only where a sandbox is and nothing runs', () => {
    const { slots } = make();
    expect(slots.findIdle(view('ready'), 'build-1')).toBe('build-1');
    expect(slots.findIdle(view('cleaning'), 'build-1')).toBe('build-1');
    expect(() => slots.findIdle(view('ready'), 'build-9')).toThrow('there is no sandbox "build-9"');
    for (const state of ['preparing', 'running', 'retired'] as const) {
      expect(() => slots.findIdle(view(state), 'build-1')).toThrow(
        expect.objectContaining({ code: 'SANDBOX_BUSY', hint: expect.stringMatching(/./) }),
      );
    }
  });

  it('are listed with where they lie and what runs there', () => {
    const { slots } = make();
    const run = { planId: start.planId, task: start.task, token: start.token, jobs: 1, startedAtMs: 0 };
    expect(slots.list([{ slot, state: 'running', isSpare: false, run }])).toEqual([
      { slot, state: 'running', dir: '/nonexistent/state/slots/build-1', pid: undefined, pkg: 'a-1.0' },
    ]);
  });

  it('take away by a sweep what a retired slot holds, and remember it when it is gone', async () => {
    const { slots, next, sandbox } = await makeReady();
    let destroyed = 0;
    sandbox.destroy = async () => {
      destroyed += 1;
      if (destroyed < 3) throw new Error('busy');
    };
    slots.clean(slot, 8);
    expect(await next()).toMatchObject({ kind: 'slotNotCleaned' });
    slots.retire(slot);
    slots.sweep();
    expect(await next()).toEqual({ kind: 'swept', clean: [] });
    slots.sweep();
    expect(await next()).toEqual({ kind: 'swept', clean: [slot] });
    await slots.abandon();
    expect(destroyed, 'nothing is held any more').toBe(3);
  });
});
