/** What of a host the fragments depend on. */
export interface MkHost {
  /** True where the system has curl as its own. */
  readonly hasCurl: boolean;
}

/**
 * The fragment with what is the same for every make on this host. `dir` goes into make syntax as it is: the
 * caller has checked that it has no character that make or the shell would read.
 *
 * What bulkmesh exports to make has to win, so all of that is set with ?=.
 */
export const renderGenericMk = (
  dir: string,
  host: MkHost,
): string => `# Settings for every build below ${dir}. Included by mk-pkg.conf.
#
# bulkmesh sets DISTDIR, PACKAGES, WRKOBJDIR and MAKE_JOBS itself, by its own
# configuration: they stand here with ?= for builds by hand.

# A bulk build is there to find out what builds: known holes and licences are
# for the one who installs to decide.
ALLOW_VULNERABLE_PACKAGES=	yes
SKIP_LICENSE_CHECK=		yes

DISTDIR?=		${dir}/distfiles

# If a file cannot be fetched or its checksum is wrong, try the next site.
FAILOVER_FETCH=		yes

# Where the system has a curl of its own, no fetch tool has to be built first.
${host.hasCurl ? '' : '#'}FETCH_USING=		curl

# A mirror near you.
#MASTER_SITE_OVERRIDE=	https://cdn.NetBSD.org/pub/pkgsrc/distfiles/

# Jobs of one make: bulkmesh chooses them for each package, by how many of the
# cores are free.
MAKE_JOBS?=		1
`;

/**
 * The fragment to give to the bootstrap of the target prefix: `bootstrap --mk-fragment=<dir>/mk/mk-
 * pkg.conf`.
 */
export const renderPackageMk = (
  dir: string,
): string => `# For the packages that are built: it becomes part of mk.conf of the bootstrap
# kit, and so of every sandbox. \`bulkmesh bootstrap\` gives it to pkgsrc's
# bootstrap script. Settings for all packages go here, BEFORE the kit is made;
# those in mk-generic.conf may change later.

.include "${dir}/mk/mk-generic.conf"

PACKAGES?=		${dir}/packages

# Where packages are built: bulkmesh sets a work area inside each sandbox.
WRKOBJDIR?=		/var/tmp/pkgbuild
`;
