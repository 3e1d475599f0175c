import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../src/core/facts/fact.ts';
import { hostId, makeToken, planId, slotName, taskName } from '../../../src/core/ids.ts';
import {
  addRows,
  copyDisk,
  createDisk,
  dropBadRows,
  filesOf,
  findBallotN,
  flipRow,
  flushPending,
  listEntries,
  listFiles,
} from './disk.ts';

const plan = planId('plan');
const life = { host: hostId('h1'), incarnation: 1, boot: 'aaaaaaaa' };

const factOf = (seq: number): Fact => ({
  ...{ planId: plan, task: taskName(`t${seq}`), token: makeToken({ n: seq, life }, seq), origin: life, seq },
  ...{ slot: slotName('build-1'), startedAtMs: 0, wallMs: 1, cpuMs: 1, jobs: 1, steps: [] },
  ...{ diskBytes: 0, memoryBytes: 0 },
  outcome: { kind: 'built', digest: `sha256:${seq}`, sizeBytes: 1 },
});

const facts = [1, 2, 3, 4, 5, 6].map(factOf);
const seqsOf = (disk: ReturnType<typeof createDisk>): readonly number[] =>
  listEntries(disk, plan).map(({ seq }) => seq);

describe('the disk of a simulated machine', () => {
  it('loses the tail of what was not durable yet when the power goes', () => {
    const disk = createDisk(hostId('h2'));
    addRows(disk, facts.slice(0, 2), 'own');
    disk.pending.push(...facts.slice(2));
    flushPending(disk, 'kept', 0.5);
    expect(seqsOf(disk)).toEqual([1, 2, 3, 4]);
    expect(disk.pending).toEqual([]);
  });

  it('drops a bad entry and those that the same life kept after it, and leaves those of others alone', () => {
    const disk = createDisk(hostId('h2'));
    addRows(disk, facts.slice(0, 1), 'own 1');
    addRows(disk, facts.slice(1, 4), 'kept 1');
    addRows(disk, facts.slice(4), 'kept 2');
    flipRow(disk, 0.4);
    dropBadRows(disk);
    expect(seqsOf(disk)).toEqual([1, 2, 3, 5, 6]);
  });

  it('has no bit to flip where only its own entries are', () => {
    const disk = createDisk(hostId('h2'));
    addRows(disk, facts, 'own 1');
    flipRow(disk, 0.4);
    dropBadRows(disk);
    expect(seqsOf(disk)).toHaveLength(6);
  });

  it('knows a file only by an entry that says what it is', () => {
    const disk = createDisk(hostId('h2'));
    for (const seq of [1, 2, 3])
      filesOf(disk, plan).set(taskName(`t${seq}`), { digest: `sha256:${seq}`, isSound: true });
    filesOf(disk, plan).set(taskName('t3'), { digest: 'sha256:other', isSound: true });
    expect(listFiles(disk, plan, facts.slice(1, 4))).toEqual(['t2']);
  });

  it('remembers the highest ballot of which its entries tell', () => {
    const disk = createDisk(hostId('h2'));
    expect(findBallotN(disk)).toBe(0);
    addRows(disk, facts, 'own');
    expect(findBallotN(disk)).toBe(6);
  });

  it('shares nothing with its copy', () => {
    const disk = createDisk(hostId('h2'));
    const copy = copyDisk(disk);
    addRows(disk, facts, 'own');
    filesOf(disk, plan).set(taskName('t1'), { digest: 'd', isSound: true });
    expect(seqsOf(copy)).toEqual([]);
    expect(filesOf(copy, plan).size).toBe(0);
  });
});
