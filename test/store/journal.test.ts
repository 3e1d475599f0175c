import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { makeToken, planId, taskName } from '../../src/core/ids.ts';
import type { BadRow } from '../../src/store/database.ts';
import { openStore } from '../../src/store/open.ts';
import { farLife, makeAttempt, makeFact, makeRetry } from './makeFact.ts';
import { useScratch } from './scratch.ts';

const plan = planId('plan-a');

describe('journals', () => {
  const scratch = useScratch();

  it('come back exactly as they were, built and failed ones, own and those of others', () => {
    const directory = scratch();
    const store = openStore(directory);
    const failed = { kind: 'failed', class: 'package', stage: 'build', reason: 'cc: é "x" \n no' } as const;
    const facts = [makeFact(farLife, 1), makeFact(farLife, 2, failed), makeFact(store.life, 1)];
    store.addEntries(facts);
    store.addEntries([{ ...makeFact(farLife, 9), planId: planId('plan-b') }]);
    store.close();
    const again = openStore(directory);
    const found = again.factsOf(plan);
    expect(found).toHaveLength(3);
    expect(found).toEqual(expect.arrayContaining(facts));
    expect(again.factsOf(planId('none'))).toEqual([]);
    again.close();
  });

  it('may be added any number of times', () => {
    const store = openStore(scratch());
    store.addEntries([makeFact(farLife, 1), makeFact(farLife, 2)]);
    store.addEntries([makeFact(farLife, 2), makeFact(farLife, 3), makeFact(farLife, 3)]);
    expect(store.factsOf(plan).map((fact) => fact.seq)).toEqual([1, 2, 3]);
    store.close();
  });

  it('with a number that is taken by other content are refused, and nothing of their group is kept', () => {
    const store = openStore(scratch());
    store.addEntries([makeFact(farLife, 1)]);
    const other = { ...makeFact(farLife, 1), wallMs: 1 };
    expect(() => store.addEntries([makeFact(farLife, 2), other])).toThrow(
      expect.objectContaining({ code: 'STORE_ENTRY_CONFLICT' }),
    );
    expect(store.factsOf(plan)).toEqual([makeFact(farLife, 1)]);
    store.close();
  });

  it('that could not be read back are refused when they are written', () => {
    const store = openStore(scratch());
    expect(() => store.addEntries([{ ...makeFact(farLife, 1), cpuMs: Number.NaN }])).toThrow(
      expect.objectContaining({ code: 'STORE_BAD_VALUE', message: expect.stringContaining('cpu_ms') }),
    );
    store.close();
  });

  it('have numbers of their own in each plan and in each start of each host', () => {
    const store = openStore(scratch());
    const far = makeFact(farLife, 1);
    const others = [
      { ...far, planId: planId('plan-b'), wallMs: 2 },
      { ...far, origin: { ...farLife, boot: 'other' }, wallMs: 3 },
      { ...far, origin: { ...farLife, incarnation: 4 }, wallMs: 4 },
      makeFact(store.life, 1),
    ];
    store.addEntries([far, ...others]);
    expect(store.entriesOf(plan)).toHaveLength(4);
    expect(store.entriesOf(planId('plan-b'))).toEqual([others[0]]);
    store.close();
  });

  it('keep troubled attempts beside the facts, with all that later attempts learn from', () => {
    const directory = scratch();
    const store = openStore(directory);
    const bare = { ...makeAttempt(farLife, 1).outcome, stage: undefined, alone: true, hostSuspect: true };
    const attempts = [makeAttempt(store.life, 1), makeAttempt(store.life, 2, bare)];
    store.addEntries([...attempts, makeFact(store.life, 3)]);
    store.close();
    const again = openStore(directory);
    expect(again.entriesOf(plan)).toEqual([...attempts, makeFact(store.life, 3)]);
    expect(again.factsOf(plan)).toEqual([makeFact(store.life, 3)]);
    again.close();
  });

  it('keep the wish to have a task tried again, which takes its failure out of the facts', () => {
    const store = openStore(scratch());
    const fact = makeFact(farLife, 1, { kind: 'failed', class: 'package', stage: 'build', reason: 'exit 1' });
    store.addEntries([fact, makeFact(farLife, 2)]);
    expect(store.factsOf(plan)).toEqual([fact, makeFact(farLife, 2)]);
    const retry = makeRetry(store.life, 1, fact);
    store.addEntries([retry]);
    expect(store.entriesOf(plan)).toContainEqual(retry);
    expect(store.factsOf(plan)).toEqual([makeFact(farLife, 2)]);
    store.close();
  });

  it('keep the tasks that a result adds to its plan', () => {
    const store = openStore(scratch());
    const needs = [taskName('a-1.0')];
    const size = { estimateMs: 5, jobsSafe: true, weight: 100, diskBytes: 1, memoryBytes: 2 };
    const adds = [{ name: taskName('b-1.0'), needs, ...size }];
    const fact = makeFact(farLife, 1, { kind: 'built', digest: 'sha256:0', sizeBytes: 1, adds });
    store.addEntries([fact]);
    expect(store.factsOf(plan)).toEqual([fact]);
    store.close();
  });

  it('tell the next start the highest ballot that any of them was made under', () => {
    const directory = scratch();
    const store = openStore(directory);
    expect(store.ballotN).toBe(0);
    const under = (n: number, seq: number) => ({
      ...makeFact(farLife, seq),
      token: makeToken({ n, life: farLife }, seq),
    });
    store.addEntries([under(7, 1), under(12, 2)]);
    store.addEntries([under(9, 3)]);
    store.close();
    const again = openStore(directory);
    expect(again.ballotN).toBe(12);
    again.close();
  });

  it('in a damaged row are reported, left out and counted; the others are there', () => {
    const directory = scratch();
    const store = openStore(directory);
    store.addEntries([1, 2, 3, 4].map((seq) => makeFact(farLife, seq)));
    store.close();
    const sql = new DatabaseSync(join(directory, 'bulkmesh.db'));
    sql.exec(`UPDATE journal SET outcome = '{"kind":"built"' WHERE seq = 1`);
    sql.exec(`UPDATE journal SET steps = '[{"step":7}]' WHERE seq = 3`);
    sql.close();
    const seen: BadRow[] = [];
    const again = openStore(directory, { onBadRow: (bad) => seen.push(bad) });
    expect(again.factsOf(plan).map((fact) => fact.seq)).toEqual([2, 4]);
    expect(again.badRows()).toBe(2);
    expect(seen).toEqual([
      { table: 'journal', reason: 'outcome: no JSON' },
      { table: 'journal', reason: expect.stringMatching(/^steps\.0\./) },
    ]);
    // Another host has them still: what it gives takes their place.
    again.addEntries([1, 2, 3, 4].map((seq) => makeFact(farLife, seq)));
    expect(again.factsOf(plan).map((fact) => fact.seq)).toEqual([1, 2, 3, 4]);
    again.close();
  });
});
