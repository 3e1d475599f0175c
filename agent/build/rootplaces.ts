import type { Config } from '../../src/config/config.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { findForeignStep } from '../../src/files.ts';

/**
 * Refuses directories where root is to write but which another account can swap for a link to any other: root would
 * write there, and show it to packages. Only an agent that is root has to be asked this. Throws `BulkmeshError`.
 */
export const checkRootPlaces = (config: Config): void => {
  if (process.geteuid?.() !== 0) return;
  const { paths, sandbox } = config;
  const places = [
    ['paths.state', paths.state],
    ['paths.distfiles', paths.distfiles],
    ['paths.packages', paths.packages],
    ['paths.bulklog', paths.bulklog],
    ...sandbox.rwDirs.map((dir) => ['sandbox.rw_dirs', dir] as const),
  ] as const;
  const trusted = [0, ...sudoer()];
  for (const [key, dir] of places) {
    const step = findForeignStep(dir, trusted);
    if (step === undefined) continue;
    throw new BulkmeshError(
      'PLACE_NOT_SAFE',
      `${key} is ${dir}, but an account that is not root could put something else in its place, by ${step}`,
      { hint: `give ${step} to root and let nobody else write there, or choose another directory` },
    );
  }
};

/** Whoever became root by sudo is root anyway. */
const sudoer = (): readonly number[] => {
  const uid = process.env.SUDO_UID ?? '';
  return /^\d{1,10}$/.test(uid) ? [Number(uid)] : [];
};
