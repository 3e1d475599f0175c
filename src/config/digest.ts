import { createHash } from 'node:crypto';
import type { Config } from './config.ts';

/**
 * One hash (hex) over everything in a configuration that can change what is built: a build is only resumed
 * under the same one. How much of the host is used, where logs go, and how reports look is not in it.
 */
export const configDigest = (config: Config): string => {
  const { paths, pkgsrc, sandbox } = config;
  const telling = {
    tree: paths.pkgsrc,
    packages: paths.packages,
    make: pkgsrc.make ?? null,
    bootstrapKit: pkgsrc.bootstrapKit ?? null,
    prefix: pkgsrc.prefix,
    pkgDbdir: pkgsrc.pkgDbdir,
    buildUser: pkgsrc.buildUser,
    pkgpaths: pkgsrc.pkgpaths.toSorted(),
    variables: Object.entries(pkgsrc.variables).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    isolated: sandbox.driver !== 'none',
    systemDirs: sandbox.systemDirs.toSorted(),
    roDirs: sandbox.roDirs.toSorted(),
    rwDirs: sandbox.rwDirs.toSorted(),
  };
  return createHash('sha256').update(JSON.stringify(telling)).digest('hex');
};
