import { describe, expect, it } from 'vitest';
import { makeWatch } from '../../../agent/build/watch.ts';
import { STAGE_NAMES } from '../../../src/pkgsrc/build/stages.ts';
import { layFakeTree } from '../support/fake-tree.ts';

const { config, remove } = layFakeTree();
remove();
const silence = { ...config.watchdog.silenceSeconds, build: 100, clean: 7 };

describe('the watchdogs as the configuration has them', () => {
  it('have no rule where all is 0', () => {
    expect(makeWatch(config).table).toEqual({
      silenceMs: {},
      totalMs: undefined,
      learned: undefined,
      flood: undefined,
      repeatsMax: undefined,
    });
  });

  it('give each stage the limit of its key', () => {
    const { table } = makeWatch({ ...config, watchdog: { ...config.watchdog, silenceSeconds: silence } });
    expect(table.silenceMs).toEqual({ build: 100_000, 'pre-clean': 7000, clean: 7000 });
  });

  it('leave no stage out', () => {
    const all = Object.fromEntries(Object.keys(silence).map((key) => [key, 1]));
    const silenceSeconds = { ...silence, ...all };
    const { table } = makeWatch({ ...config, watchdog: { ...config.watchdog, silenceSeconds } });
    expect(Object.keys(table.silenceMs)).toEqual(expect.arrayContaining([...STAGE_NAMES, 'save', 'hooks']));
  });

  it('count in milliseconds and bytes', () => {
    const figures = { totalSeconds: 2, learnedFactor: 4, learnedFloorSeconds: 3, floodMiBPerSecond: 5 };
    const watchdog = { ...config.watchdog, ...figures, floodSeconds: 60, repeats: 9, logMiB: 8 };
    expect(makeWatch({ ...config, watchdog })).toMatchObject({
      table: {
        totalMs: 2000,
        learned: { factor: 4, floorMs: 3000 },
        flood: { bytesPerSecond: 5 << 20, forMs: 60_000 },
        repeatsMax: 9,
      },
      logBytesMax: 8 << 20,
    });
  });
});
