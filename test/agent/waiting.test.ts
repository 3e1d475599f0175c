import { describe, expect, it } from 'vitest';
import { describeWait } from '../../agent/waiting.ts';
import { taskName } from '../../src/core/ids.ts';

const gib = 1024 ** 3;

describe('describeWait', () => {
  it('says in one line why nothing starts, with the figures', () => {
    const disk = { kind: 'disk', freeBytes: 8.5 * gib, totalBytes: 100 * gib } as const;
    const task = taskName('rust-1.80');
    expect(describeWait({ ...disk, isFull: false })).toBe(
      'nothing starts beside what runs: disk 8 % free (8.5 GiB of 100.0 GiB)',
    );
    expect(describeWait({ ...disk, isFull: true })).toMatch(/^nothing starts, make room: disk 8 % free/);
    expect(
      describeWait({ kind: 'room', task, what: 'memory', neededBytes: 20 * gib, freeBytes: 12 * gib }),
    ).toBe('rust-1.80 waits: it needs 20.0 GiB of memory, 12.0 GiB is left');
    expect(describeWait({ kind: 'alone', task })).toContain('beside rust-1.80');
  });
});
