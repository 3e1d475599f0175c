/**
 * The fragment with what is the same for every make on this host. `dir` goes into make syntax as it is: the
 * caller has checked that it has no character that make or the shell would read.
 */
export const renderGenericMk = (
  dir: string,
): string => `# Settings for every build below ${dir}. Included by mk-pkg.conf.

# A bulk build is there to find out what builds: known holes and licences are
# for the one who installs to decide.
ALLOW_VULNERABLE_PACKAGES=	yes
SKIP_LICENSE_CHECK=		yes

# Must be paths.distfiles of bulkmesh.toml.
DISTDIR=		${dir}/distfiles

# If a file cannot be fetched or its checksum is wrong, try the next site.
FAILOVER_FETCH=		yes

# If the system has a curl of its own, this avoids building a fetch tool first.
#FETCH_USING=		curl

# A mirror near you.
#MASTER_SITE_OVERRIDE=	https://cdn.NetBSD.org/pub/pkgsrc/distfiles/

# Jobs of one make. Only for builds by hand: bulkmesh chooses it for each
# package, by how many of the cores are free.
MAKE_JOBS?=		1
`;

/**
 * The fragment to give to the bootstrap of the target prefix: `bootstrap --mk-fragment=<dir>/mk/mk-
 * pkg.conf`.
 */
export const renderPackageMk = (
  dir: string,
): string => `# For the packages that are built. Give it to pkgsrc's bootstrap script:
#
#   cd ${dir}/pkgsrc/bootstrap
#   ./bootstrap --gzip-binary-kit=${dir}/packages/bootstrap/bootstrap.tar.gz \\
#       --mk-fragment=${dir}/mk/mk-pkg.conf
#
# Where it says that the shell's echo is not BSD-compatible (Debian, Ubuntu),
# put SH=/bin/bash before ./bootstrap.

.include "${dir}/mk/mk-generic.conf"

# Must be paths.packages of bulkmesh.toml.
PACKAGES=		${dir}/packages

# Where packages are built. Only for builds by hand: bulkmesh sets a work area
# inside each sandbox.
WRKOBJDIR?=		/var/tmp/pkgbuild
`;
