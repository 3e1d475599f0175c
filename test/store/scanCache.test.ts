import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { useScratch } from './scratch.ts';

const scratch = useScratch();

const kept = (identity: number, place: string, states: readonly number[]) => ({
  identity,
  text: Buffer.from(`text of ${place}`),
  answers: [{ place, start: 0, length: 8, proof: Uint8Array.from(states) }],
  states: states.map((id) => ({ id, path: `/tree/${id}`, digest: `d${id}` })),
  digests: states.map((id) => ({ path: `/tree/${id}`, look: 'look', digest: `d${id}` })),
});

describe('kept answers of scans', () => {
  it('come back in the next life, with their text, their states and what is known of files', () => {
    const dir = scratch();
    const first = openStore(dir);
    const { identity, answers } = first.openAnswers('one', 1);
    expect(answers).toEqual([]);
    const piece = first.keepAnswers(kept(identity, 'cat/a', [3, 9]));
    first.close();
    const second = openStore(dir);
    const again = second.openAnswers('one', 2);
    expect(again.identity).toBe(identity);
    expect(again.answers).toEqual([expect.objectContaining({ place: 'cat/a', piece, start: 0, length: 8 })]);
    expect(again.states.map(({ path, digest }) => `${path} ${digest}`)).toEqual(['/tree/3 d3', '/tree/9 d9']);
    expect(Buffer.from(second.readPiece(piece)).toString()).toBe('text of cat/a');
    expect(second.fileDigests().length).toBe(2);
    expect(second.openAnswers('two', 2).answers).toEqual([]);
    second.close();
  });

  it('go when they were replaced or their identity was not used for long, and all that hung on them alone', () => {
    const store = openStore(scratch());
    const one = store.openAnswers('one', 1).identity;
    const two = store.openAnswers('two', 2).identity;
    const gone = store.keepAnswers(kept(one, 'cat/a', [1, 2]));
    const replaced = store.keepAnswers(kept(two, 'cat/a', [2, 3]));
    const piece = store.keepAnswers(kept(two, 'cat/a', [3, 4]));
    store.tidyAnswers(1, (proof) => proof);
    const { answers, states } = store.openAnswers('two', 3);
    expect(answers.map((answer) => answer.piece)).toEqual([piece]);
    expect(states.map(({ id }) => id)).toEqual([3, 4]);
    expect(store.fileDigests().map(({ path }) => path)).toEqual(['/tree/3', '/tree/4']);
    for (const number of [gone, replaced])
      expect(() => store.readPiece(number)).toThrow(/cannot be unpacked/);
    store.close();
  });

  it('say so when their text is damaged', () => {
    const dir = scratch();
    const store = openStore(dir);
    const piece = store.keepAnswers(kept(store.openAnswers('one', 1).identity, 'cat/a', [1]));
    store.close();
    const sql = new DatabaseSync(join(dir, 'bulkmesh.db'));
    sql.exec(`UPDATE scan_pieces SET zstd = x'00'`);
    sql.close();
    const again = openStore(dir);
    expect(() => again.readPiece(piece)).toThrow(expect.objectContaining({ code: 'STORE_DAMAGED' }));
    again.close();
  });
});
