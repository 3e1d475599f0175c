import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SlotGroup } from '../../../../src/sandbox/linux/cgroup/group.ts';
import * as host from '../../support/host.ts';

/** Files as Linux has them, in directories of no control group: what is read and written, of either version. */
describe('the control group of a slot', () => {
  let base: string;
  let dir: string;
  beforeEach(() => {
    base = host.makeTempDir();
    dir = join(base, 'slot');
    for (const leaf of ['init', 'inside']) mkdirSync(join(dir, leaf), { recursive: true });
  });
  afterEach(() => host.removeTempDir(base));

  const write = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(base, name), text);
  };
  const read = (name: string) => readFileSync(join(base, name), 'utf8');
  const group = (version: 1 | 2, controllers: readonly ('pids' | 'memory' | 'cpu')[]) =>
    new SlotGroup([{ version, dir, controllers }], () => undefined);

  it('sets the bounds of version 2, and lets no swap go round them', () => {
    write({
      ...{ 'slot/pids.max': '', 'slot/memory.max': '', 'slot/memory.swap.max': '' },
      ...{ 'slot/cpu.weight': '', 'cpu.weight': '' },
    });
    group(2, ['pids', 'memory', 'cpu']).setLimits({ memoryBytes: 1024, processes: 7, nice: 10 });
    expect(read('slot/pids.max')).toBe('7');
    expect(read('slot/memory.max')).toBe('1024');
    expect(read('slot/memory.swap.max')).toBe('0');
    expect([read('slot/cpu.weight'), read('cpu.weight')]).toEqual(['11', '11']);
  });

  it('sets those of version 1, swap included where that is counted', () => {
    write({ 'slot/memory.limit_in_bytes': '', 'slot/memory.memsw.limit_in_bytes': '' });
    group(1, ['memory']).setLimits({ memoryBytes: 4096, processes: 7 });
    expect(read('slot/memory.limit_in_bytes')).toBe('4096');
    expect(read('slot/memory.memsw.limit_in_bytes')).toBe('4096');
  });

  it('sets nothing that is not to be bounded, and says so when the kernel takes no bound', () => {
    group(2, ['pids', 'memory']).setLimits({ memoryBytes: undefined, processes: undefined });
    expect(() => group(2, ['pids']).setLimits({ memoryBytes: undefined, processes: 7 })).toThrow(
      expect.objectContaining({ code: 'SANDBOX_PREPARE' }),
    );
  });

  it('tells of version 2 what processes held, kills and refusals', () => {
    write({
      'slot/memory.stat': 'anon 5000\nfile 90000\nkernel_stack 100\npagetables 200\nslab_unreclaimable 300\n',
      'slot/memory.swap.current': '1000\n',
      'slot/memory.peak': '99000\n',
      'slot/memory.events': 'low 0\noom 3\noom_kill 2\noom_group_kill 0\n',
      'slot/pids.events': 'max 4\n',
    });
    expect(group(2, ['pids', 'memory']).usage()).toEqual({
      ...{ memoryPeakBytes: 9000, memoryKills: 2, processRefusals: 4 },
    });
    // More than what is there now cannot have been files: something short took it.
    write({ 'slot/memory.stat': 'anon 5000\nfile 60000\n' });
    expect(group(2, ['memory']).usage().memoryPeakBytes).toBe(39_000);
  });

  it('takes files that were deleted since for no memory of processes', () => {
    const slot = group(2, ['memory']);
    write({ 'slot/memory.stat': 'anon 5000\nfile 90000\n', 'slot/memory.peak': '96000\n' });
    expect(slot.usage().memoryPeakBytes).toBe(6000);
    write({ 'slot/memory.stat': 'anon 100\nfile 200\n' });
    expect(slot.usage().memoryPeakBytes).toBe(6000);
  });

  it('tells of version 1 the same, kills by the group that they happened in', () => {
    write({
      'slot/memory.stat': 'rss 1\ntotal_rss 7000\ntotal_swap 50\ntotal_cache 20000\n',
      'slot/memory.max_usage_in_bytes': '20500\n',
      'slot/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 0\n',
      'slot/inside/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
    });
    expect(group(1, ['memory']).usage()).toEqual({
      ...{ memoryPeakBytes: 7050, memoryKills: 1, processRefusals: undefined },
    });
  });

  it('tells nothing that the host does not', () => {
    expect(group(2, []).usage()).toEqual({
      ...{ memoryPeakBytes: undefined, memoryKills: undefined, processRefusals: undefined },
    });
    expect(group(2, ['memory']).usage().memoryKills).toBeUndefined();
  });
});
