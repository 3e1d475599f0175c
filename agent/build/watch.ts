import type { Config, SilenceKey } from '../../src/config/config.ts';
import type { WatchTable } from '../../src/core/watchdog/table.ts';
import type { WatchPolicy } from '../../src/pkgsrc/build/watch/policy.ts';

/** Stages and steps, each with the key that says how long it may be silent. */
const silenceKeys: Readonly<Record<string, SilenceKey>> = {
  'pre-clean': 'clean',
  depends: 'depends',
  fetch: 'fetch',
  checksum: 'checksum',
  configure: 'configure',
  build: 'build',
  install: 'install',
  package: 'package',
  save: 'package',
  deinstall: 'install',
  clean: 'clean',
  hooks: 'hooks',
};

/** [watchdog] of the configuration, in which 0 means never. */
export const makeWatch = ({ watchdog }: Config): WatchPolicy => ({
  table: makeTable(watchdog),
  logBytesMax: watchdog.logMiB * 2 ** 20,
});

const makeTable = (watchdog: Config['watchdog']): WatchTable => {
  const silences = Object.entries(silenceKeys).map(
    ([step, key]) => [step, watchdog.silenceSeconds[key]] as const,
  );
  const { totalSeconds, learnedFactor, learnedFloorSeconds, floodMiBPerSecond, floodSeconds, repeats } =
    watchdog;
  return {
    silenceMs: Object.fromEntries(
      silences.filter(([, seconds]) => seconds > 0).map(([step, seconds]) => [step, seconds * 1000]),
    ),
    totalMs: totalSeconds === 0 ? undefined : totalSeconds * 1000,
    learned: learnedFactor === 0 ? undefined : { factor: learnedFactor, floorMs: learnedFloorSeconds * 1000 },
    flood:
      floodMiBPerSecond === 0
        ? undefined
        : { bytesPerSecond: floodMiBPerSecond * 2 ** 20, forMs: floodSeconds * 1000 },
    repeatsMax: repeats === 0 ? undefined : repeats,
  };
};
