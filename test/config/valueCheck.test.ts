import { describe, expect, it } from 'vitest';
import { complaintsOf } from './complaints.ts';
import { useContentDir } from './scratch.ts';

describe('values of single keys', () => {
  const content = useContentDir();

  it.each([
    ['[pkgsrc]\ninherit = ["A-B"]', 'pkgsrc.inherit.0: "A-B" is no name of a variable'],
    ['[pkgsrc]\ninherit = ["http_proxy", "MAKE_JOBS"]', 'pkgsrc.inherit.1: MAKE_JOBS is for bulkmesh'],
    ['[pkgsrc]\ninherit = ["LD_PRELOAD"]', 'pkgsrc.inherit.0: LD_PRELOAD changes what every program does'],
    ['[pkgsrc]\ninherit = ["PKG_PATH"]', 'pkgsrc.inherit.0: PKG_PATH is for bulkmesh or pkgsrc'],
    [
      '[pkgsrc]\ninherit = ["A"]\nvariables = { A = "1" }',
      'pkgsrc.inherit.0: A is in [pkgsrc.variables] too',
    ],
    ['[hooks]\nbefore_build = ["hook"]', 'hooks.before_build: "hook" is no absolute path of a program'],
    ['[hooks]\nafter_build = ["/no/such"]', 'hooks.after_build: /no/such does not exist'],
    ['[hooks]\nafter_package = [""]', 'hooks.after_package: "" is no absolute path'],
    ['[hooks]\nafter_package = ["/x", "\\u0000"]', 'hooks.after_package: has an argument with a NUL'],
    ['[build]\nsave = ["../x"]', 'build.save.0: "../x" does not stay below the work directory'],
    ['[build]\nsave = ["a", "/etc/*"]', 'build.save.1: "/etc/*" does not stay below'],
    ['[build]\nsave = ["a\\nb"]', 'build.save.0: "a\\nb" is no pattern'],
    ['[tree]\nurl = "ext::sh -c id"', 'tree.url: "ext::sh -c id" is nothing that git could safely clone'],
    ['[tree]\nurl = "--upload-pack=x"', 'tree.url: "--upload-pack=x" is nothing'],
    ['[tree]\nurl = "ssh://-oProxyCommand=x/y"', 'tree.url: "ssh://-oProxyCommand=x/y" is nothing'],
    ['[tree]\nurl = "ftp://example.org/x"', 'tree.url: "ftp://example.org/x" is nothing'],
    ['[tree]\nbranch = "-b"', 'tree.branch: "-b" is no name of a branch'],
    ['[tree]\nbranch = "a..b"', 'tree.branch: "a..b" is no name'],
    ['[summary]\nformats = ["xz"]', 'summary.formats.0: "xz" is no form of it'],
    ['[limits]\ncpu = -1', 'limits.cpu: -1 is out of range'],
    ['[limits]\nnice = 20', 'limits.nice: 20 is out of range, give 0 to 19'],
    [
      '[limits.packages]\nrust = 3',
      'limits.packages.rust: is the number 3, write it as a section: [limits.packages.rust]',
    ],
    ['[limits]\npackages = 3', 'limits.packages: is the number 3, give a section: [limits.packages]'],
    [
      '[limits.packages."a/b*"]\nmemory_totl = 3',
      'limits.packages.a/b*.memory_totl: unknown key, did you mean memory_total?',
    ],
    ['[limits.packages.rust]\nslots = 3', 'limits.packages.rust.slots: unknown key, it belongs in [build]'],
    ['[limits.packages.rust]\njobs = "4"', 'limits.packages.rust.jobs: is the text "4", give a whole number'],
    [
      '[limits.packages.rust]\ntimeout_factor = 0',
      'limits.packages.rust.timeout_factor: 0 is out of range, give 0.1 to 1000',
    ],
    ['[limits.packages."lang/[a"]\njobs = 4', '"lang/[a" can match no PKGPATH or PKGBASE'],
    ['[limits.packages."lang rust"]\njobs = 4', '"lang rust" can match no PKGPATH or PKGBASE'],
  ])('refuses %j', async (text, complaint) => {
    expect(await complaintsOf(content(), text)).toEqual([expect.stringContaining(`: ${complaint}`)]);
  });

  it.each([
    'https://github.com/NetBSD/pkgsrc.git',
    'ssh://git@example.org:22/pkgsrc',
    'file:///srv/pkgsrc',
    '/srv/git/pkgsrc',
    'example.org:pkgsrc.git',
  ])('takes %s to clone the tree from', async (url) => {
    expect(await complaintsOf(content(), `[tree]\nurl = "${url}"`)).toEqual([]);
  });
});
