import { createHash } from 'node:crypto';
import type { Config } from './config.ts';

/**
 * One hash (hex) over everything in a configuration that can change what is built: a build is only resumed
 * under the same one. How much of the host is used (limits of a process too: they decide whether a package comes to
 * its end, not what it is), where logs go, and how reports and summaries look is not in it. Of the hooks only the one
 * that runs in the sandbox before a package can change what is in there.
 */
export const configDigest = (config: Config): string => {
  const { paths, pkgsrc, sandbox, build, hooks } = config;
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
    inherit: pkgsrc.inherit.toSorted(),
    skipAgeCheck: build.skipAgeCheck,
    beforePackage: hooks.beforePackage,
    isolated: sandbox.driver !== 'none',
    systemDirs: sandbox.systemDirs.toSorted(),
    roDirs: sandbox.roDirs.toSorted(),
    rwDirs: sandbox.rwDirs.toSorted(),
  };
  return createHash('sha256').update(JSON.stringify(telling)).digest('hex');
};

/**
 * The same (hex) of what two hosts can have in common though their files lie in different places: whether packages that are
 * asked for at the one are built as those that are asked for at the other, as far as the configuration says.
 */
export const portableDigest = (config: Config): string => {
  const { pkgsrc, sandbox, build, hooks } = config;
  const telling = {
    prefix: pkgsrc.prefix,
    pkgDbdir: pkgsrc.pkgDbdir,
    buildUser: pkgsrc.buildUser,
    variables: Object.entries(pkgsrc.variables).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    inherit: pkgsrc.inherit.toSorted(),
    skipAgeCheck: build.skipAgeCheck,
    beforePackage: hooks.beforePackage,
    isolated: sandbox.driver !== 'none',
    systemDirs: sandbox.systemDirs.toSorted(),
  };
  return createHash('sha256').update(JSON.stringify(telling)).digest('hex');
};
