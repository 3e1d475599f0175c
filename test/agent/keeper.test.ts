import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { BuildEvent } from '../../agent/control/protocol.ts';
import { createKeeper } from '../../agent/keeper.ts';
import { slotName, taskName } from '../../src/core/ids.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { HistoryRow } from '../../src/store/history.ts';
import { openStore } from '../../src/store/open.ts';
import { makeLife, tokenOf } from '../core/lives.ts';
import { makeAttempt, makeFact } from '../store/makeFact.ts';
import { useScratch } from '../store/scratch.ts';

const fact = makeFact(makeLife('h1'), 1);
const full = (text: string): BulkmeshError => new BulkmeshError('STORE_DISK_FULL', text);
const row = {
  pkgpath: 'a/b',
  pkgbase: 'b',
  build: 'b1',
  pkgname: 'b-1.0',
  outcome: 'built',
  stage: '',
  endedAtMs: 2,
  wallMs: 1,
  cpuMs: 1,
  diskBytes: 0,
  memoryBytes: 0,
  jobs: 1,
  steps: [],
  host: 'one',
  reason: '',
} as const;

describe('keeping facts', () => {
  const scratch = useScratch();
  const make = (history: readonly unknown[]) => {
    const events: BuildEvent[] = [];
    const hopeless = { count: 0 };
    const store = openStore(scratch());
    const keeper = createKeeper({
      store,
      director: { describeHistory: (facts) => (facts.length > 0 ? (history as readonly HistoryRow[]) : []) },
      progress: { tell: (event) => events.push(event) },
      log: pino({ enabled: false }),
      onHopeless: () => {
        hopeless.count += 1;
      },
    });
    return { store, keeper, events, hopeless };
  };

  it('writes down the runs that begin as a fact is kept with it, or with none of it', () => {
    const start = {
      kind: 'start',
      ...{ planId: fact.planId, task: taskName('next-1.0'), token: tokenOf(fact.origin, 9) },
      ...{ slot: slotName('build-2'), jobs: 1, work: { kind: 'disk' as const } },
    } as const;
    const run = { ...start, startedAtMs: 5 };
    const broken = make([{ ...row, steps: 'none' }]);
    expect(() => broken.keeper.persist([fact], [start])).toThrow();
    expect(broken.store.openRuns()).toEqual([]);
    broken.keeper.beginRun(run);
    expect(broken.store.openRuns()).toMatchObject([{ token: start.token, startedAtMs: 5 }]);
    broken.store.close();

    const { store, keeper } = make([row]);
    keeper.persist([fact], [start]);
    expect(store.openRuns()).toMatchObject([{ token: start.token, slot: 'build-2' }]);
    keeper.beginRun(run);
    expect(store.openRuns()).toHaveLength(1);
    store.close();
  });

  it('keeps a fact and the history that it makes together, or neither', () => {
    const { store, keeper } = make([row]);
    keeper.persist([fact], []);
    expect(store.factsOf(fact.planId)).toHaveLength(1);
    expect(store.estimates().size).toBe(1);
    store.close();
    const broken = make([{ ...row, steps: 'none' }]);
    expect(() => broken.keeper.persist([fact], [])).toThrow();
    expect(broken.store.factsOf(fact.planId)).toEqual([]);
    broken.store.close();
  });

  it('keeps what a troubled attempt taught, and makes no history of it', () => {
    const { store, keeper } = make([row]);
    const attempt = makeAttempt(store.life, 1);
    keeper.persist([attempt], []);
    expect(store.entriesOf(attempt.planId)).toEqual([attempt]);
    expect(store.estimates().size).toBe(0);
    store.close();
  });

  it('gives up at once where waiting cannot help: a disk that fails, a fact that cannot be stored', () => {
    const { store, keeper, hopeless } = make([]);
    keeper.onPersistTrouble(full('no room'));
    expect(hopeless.count).toBe(0);
    keeper.onPersistTrouble(new BulkmeshError('STORE_IO', 'the disk fails'));
    keeper.onPersistTrouble(new Error('a bug'));
    expect(hopeless.count).toBe(2);
    store.close();
  });

  it('tells trouble when it begins, when it changes and when it is over, not at every try', () => {
    const { store, keeper, events } = make([]);
    keeper.persist([fact], []);
    for (const text of ['full', 'full', 'full', 'failing', 'failing']) keeper.onPersistTrouble(full(text));
    keeper.persist([fact], []);
    keeper.persist([fact], []);
    keeper.onPersistTrouble(full('full'));
    expect(events.map((event) => (event.kind === 'warning' ? event.text : ''))).toEqual([
      expect.stringContaining('full'),
      expect.stringContaining('failing'),
      expect.stringContaining('again'),
      expect.stringContaining('full'),
    ]);
    store.close();
  });
});
