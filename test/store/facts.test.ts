import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { planId } from '../../src/core/ids.ts';
import type { BadRow } from '../../src/store/database.ts';
import { openStore } from '../../src/store/open.ts';
import { farLife, makeFact } from './makeFact.ts';
import { useScratch } from './scratch.ts';

const plan = planId('plan-a');

describe('facts', () => {
  const scratch = useScratch();

  it('come back exactly as they were, built and failed ones, own and those of others', () => {
    const directory = scratch();
    const store = openStore(directory);
    const failed = { kind: 'failed', class: 'package', stage: 'build', reason: 'cc: é "x" \n no' } as const;
    const facts = [makeFact(farLife, 1), makeFact(farLife, 2, failed), makeFact(store.life, 1)];
    store.addFacts(facts);
    store.addFacts([{ ...makeFact(farLife, 9), planId: planId('plan-b') }]);
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
    store.addFacts([makeFact(farLife, 1), makeFact(farLife, 2)]);
    store.addFacts([makeFact(farLife, 2), makeFact(farLife, 3), makeFact(farLife, 3)]);
    expect(store.factsOf(plan).map((fact) => fact.seq)).toEqual([1, 2, 3]);
    store.close();
  });

  it('with a number that is taken by other content are refused, and nothing of their group is kept', () => {
    const store = openStore(scratch());
    store.addFacts([makeFact(farLife, 1)]);
    const other = { ...makeFact(farLife, 1), wallMs: 1 };
    expect(() => store.addFacts([makeFact(farLife, 2), other])).toThrow(
      expect.objectContaining({ code: 'STORE_FACT_CONFLICT' }),
    );
    expect(store.factsOf(plan)).toEqual([makeFact(farLife, 1)]);
    store.close();
  });

  it('that could not be read back are refused when they are written', () => {
    const store = openStore(scratch());
    expect(() => store.addFacts([{ ...makeFact(farLife, 1), cpuMs: Number.NaN }])).toThrow(
      expect.objectContaining({ code: 'STORE_BAD_VALUE', message: expect.stringContaining('cpu_ms') }),
    );
    store.close();
  });

  it('are numbered from 1 in each life', () => {
    const directory = scratch();
    const store = openStore(directory);
    expect(store.nextSeq()).toBe(1);
    store.addFacts([makeFact(store.life, 1), makeFact(store.life, 2), makeFact(farLife, 50)]);
    expect(store.nextSeq()).toBe(3);
    store.close();
    const again = openStore(directory);
    expect(again.nextSeq()).toBe(1);
    again.close();
  });

  it('in a damaged row are reported, left out and counted; the others are there', () => {
    const directory = scratch();
    const store = openStore(directory);
    store.addFacts([1, 2, 3, 4].map((seq) => makeFact(farLife, seq)));
    store.close();
    const sql = new DatabaseSync(join(directory, 'bulkmesh.db'));
    sql.exec(`UPDATE facts SET outcome = '{"kind":"built"' WHERE seq = 1`);
    sql.exec(`UPDATE facts SET steps = '[{"step":7}]' WHERE seq = 3`);
    sql.close();
    const seen: BadRow[] = [];
    const again = openStore(directory, { onBadRow: (bad) => seen.push(bad) });
    expect(again.factsOf(plan).map((fact) => fact.seq)).toEqual([2, 4]);
    expect(again.badRows()).toBe(2);
    expect(seen).toEqual([
      { table: 'facts', reason: 'outcome: no JSON' },
      { table: 'facts', reason: expect.stringMatching(/^steps\.0\./) },
    ]);
    again.close();
  });
});
