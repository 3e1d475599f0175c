import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../src/pkgsrc/build/build.ts';
import { checkPkgName } from '../../../src/pkgsrc/name.ts';
import { FakeSandbox } from '../fakesandbox.ts';
import {
  addPackageFile,
  answerLikeTree,
  answerVariables,
  makePlace,
  type Place,
  policy,
  record,
  request,
  STAGE_FILE,
  verbOf,
  WORK_DIR,
} from './fixture.ts';

let place: Place;
beforeEach(async () => {
  place = await makePlace();
});
afterEach(() => place.remove());

const verbsAndUsers = (sandbox: FakeSandbox): readonly string[] =>
  sandbox.commands.map((command) => `${command.user?.name ?? 'root'}: ${verbOf(command)}`);

describe('the order of a build', () => {
  it('runs the stages in order, the unprivileged ones as the build user', async () => {
    const sandbox = new FakeSandbox(answerLikeTree());
    await addPackageFile(place, 'lib-2.0');
    const stages: string[] = [];
    const result = await buildPackage(
      request(place, {
        sandbox,
        depends: [checkPkgName('lib-2.0')],
        onStage: (stage) => stages.push(stage),
      }),
    );
    expect(result).toMatchObject({ kind: 'ended', outcome: { kind: 'built' }, diskBytes: 4096 });
    expect(verbsAndUsers(sandbox)).toEqual([
      'root: pkg_add',
      'root: show-vars',
      'root: clean',
      'root: checksum',
      'builder: configure',
      'builder: all',
      'builder: stage-install',
      'root: stage-package-create',
      'root: pkg_add',
      'root: pkg_delete',
      'root: read',
      'root: clean',
    ]);
    expect(stages).toEqual([
      'depends',
      'pre-clean',
      'checksum',
      'configure',
      'build',
      'install',
      'package',
      'deinstall',
      'save',
      'clean',
    ]);
  });

  it.each([
    ['destdir', ['builder: configure', 'builder: all', 'root: stage-install', 'root: pkg_add']],
    ['no', ['root: configure', 'root: all', 'root: stage-install']],
  ] as const)(
    'gives root what USE_DESTDIR=%s says, and tries the package only with DESTDIR',
    async (useDestdir, expected) => {
      const sandbox = new FakeSandbox(answerLikeTree());
      await buildPackage(request(place, { sandbox, record: record({ useDestdir }) }));
      const seen = verbsAndUsers(sandbox).filter((text) => /configure|all$|stage-install|pkg_add/.test(text));
      expect(seen).toEqual(expected);
    },
  );

  it.each([
    [
      'user-destdir',
      '',
      ['configure', 'all', 'stage-install', 'kill', 'stage-package-create', 'kill', 'read', 'kill'],
    ],
    [
      'destdir',
      '',
      ['configure', 'all', 'kill', 'stage-install', 'stage-package-create', 'kill', 'read', 'kill'],
    ],
    ['no', '', ['configure', 'all', 'stage-install', 'stage-package-create', 'kill', 'read', 'kill']],
    [
      'user-destdir',
      'build',
      [
        'configure',
        'kill',
        'create-usergroup',
        'all',
        'stage-install',
        'kill',
        'stage-package-create',
        'kill',
        'read',
        'kill',
      ],
    ],
  ] as const)(
    'lets no process of the build user live on beside root, nor any beside or behind the reader (%s %s)',
    async (useDestdir, usergroupPhase, expected) => {
      const sandbox = new FakeSandbox(answerLikeTree());
      await buildPackage(request(place, { sandbox, record: record({ useDestdir, usergroupPhase }) }));
      const order = sandbox.calls.flatMap((call) => {
        if (call === 'killAll') return 'kill';
        if (call.startsWith('/bin/sh')) return 'read';
        return /(configure|all|stage-[a-z-]*|create-usergroup) /.exec(call)?.[1] ?? [];
      });
      expect(order).toEqual(expected);
    },
  );

  it('kills what a failed stage left before anything is read, and what is left before anybody else may read the logs', async () => {
    const sandbox = new FakeSandbox(answerLikeTree({ all: () => ({ code: 1 }) }));
    await buildPackage(request(place, { sandbox }));
    expect(sandbox.calls.filter((call) => call === 'killAll')).toHaveLength(2);
    expect([sandbox.calls.at(-4), sandbox.calls.at(-1)]).toEqual(['killAll', 'killAll']);
  });

  it('lets a package without DESTDIR write its file into the work area, as the repository is read-only', async () => {
    const sandbox = new FakeSandbox(answerLikeTree());
    await buildPackage(request(place, { sandbox, record: record({ useDestdir: 'no' }) }));
    const makes = sandbox.commands.filter(({ argv }) => argv.includes('BATCH=1'));
    expect(makes.length).toBeGreaterThan(0);
    expect(makes.filter(({ argv }) => !argv.includes('PACKAGES=/work/.packages'))).toEqual([]);
  });

  it('neither installs nor removes a package of the bootstrap kit', async () => {
    const sandbox = new FakeSandbox(answerLikeTree());
    await buildPackage(request(place, { sandbox, record: record({ bootstrapPkg: true }) }));
    expect(verbsAndUsers(sandbox).filter((text) => text.includes('pkg_'))).toEqual([]);
  });

  it.each([
    ['configure', 'create-usergroup clean', 'configure'],
    ['build', 'create-usergroup', 'all'],
    ['pre-install', 'create-usergroup', 'stage-install'],
  ] as const)(
    'makes users and groups as root before %s when the package asks for it',
    async (phase, made, next) => {
      const sandbox = new FakeSandbox(answerLikeTree());
      await buildPackage(request(place, { sandbox, record: record({ usergroupPhase: phase }) }));
      const seen = verbsAndUsers(sandbox);
      expect(seen.indexOf(`builder: ${next}`)).toBe(seen.indexOf(`root: ${made}`) + 1);
      expect(seen.filter((text) => text.includes('create-usergroup'))).toHaveLength(1);
    },
  );
});

describe('what the commands of a build are given', () => {
  it('gives make its words, its directory and the words of a multi-version package', async () => {
    const sandbox = new FakeSandbox(answerLikeTree());
    await buildPackage(
      request(place, { sandbox, record: record({ multiVersion: ['PYTHON_VERSION_REQD=312'] }) }),
    );
    const configure = sandbox.commands.find((command) => verbOf(command) === 'configure');
    expect(configure).toMatchObject({ cwd: '/usr/pkgsrc/devel/tool' });
    expect(configure?.argv).toEqual([
      '/usr/pkg/bin/bmake',
      'configure',
      'PYTHON_VERSION_REQD=312',
      'BATCH=1',
      'DEPENDS_TARGET=/nonexistent',
    ]);
  });

  it('lets only the stage that fetches reach the network', async () => {
    const sandbox = new FakeSandbox(
      answerLikeTree({
        'show-vars': (command) => answerVariables(command, { DISTFILES: 'tool-1.0.tar.gz' }),
      }),
    );
    await buildPackage(request(place, { sandbox }));
    expect(sandbox.commands.filter((command) => command.network).map(verbOf)).toEqual(['fetch']);
  });

  it('inherits nothing from the agent, and gives PKG_PATH to the package tools alone', async () => {
    const sandbox = new FakeSandbox(answerLikeTree());
    await addPackageFile(place, 'lib-2.0');
    await buildPackage(
      request(place, {
        sandbox,
        depends: [checkPkgName('lib-2.0')],
        environment: {
          make: '/bin/make',
          pkgsrc: '/usr/pkgsrc',
          workDir: '/work',
          variables: { CC: 'clang' },
          cacheVars: { NATIVE_OPSYS: 'Linux' },
        },
      }),
    );
    const build = sandbox.commands.find((command) => verbOf(command) === 'all');
    expect(build?.env).toEqual({
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/home/builder',
      USER: 'builder',
      LOGNAME: 'builder',
      SHELL: '/bin/sh',
      TERM: 'dumb',
      LC_ALL: 'C',
      TZ: 'UTC',
      WRKOBJDIR: '/work',
      MAKE_JOBS: '3',
      NATIVE_OPSYS: 'Linux',
      CC: 'clang',
    });
    const [install, trial] = sandbox.commands.filter((command) => verbOf(command) === 'pkg_add');
    expect(install?.argv).toEqual(['/usr/pkg/sbin/pkg_add', '-K', '/var/db/pkg', 'lib-2.0']);
    expect(install?.env.PKG_PATH).toBe(join(place.packages, 'All'));
    expect(trial?.argv.at(-1)).toBe(STAGE_FILE);
  });

  it('builds a package that is not safe for parallel make with one job', async () => {
    const sandbox = new FakeSandbox(answerLikeTree());
    await buildPackage(request(place, { sandbox, record: record({ makeJobsSafe: false }) }));
    expect(sandbox.commands.find((command) => verbOf(command) === 'all')?.env.MAKE_JOBS).toBe('1');
  });
});

describe('whose fault it is', () => {
  it('is trouble, not a failure, when the package file of a dependency is not there', async () => {
    const sandbox = new FakeSandbox(answerLikeTree());
    const result = await buildPackage(request(place, { sandbox, depends: [checkPkgName('lib-2.0')] }));
    expect(result).toMatchObject({ kind: 'trouble', trouble: 'missing-dependency' });
    expect(sandbox.commands).toEqual([]);
  });

  it('is trouble when the sandbox cannot run a command', async () => {
    const sandbox = new FakeSandbox(
      answerLikeTree({ configure: () => ({ kind: 'trouble', detail: 'no such namespace' }) }),
    );
    const result = await buildPackage(request(place, { sandbox }));
    expect(result).toEqual({
      kind: 'trouble',
      trouble: 'sandbox',
      detail: 'configure: make configure: no such namespace',
      stage: 'configure',
    });
  });

  it('is trouble when the agent stops the build, whatever the command says', async () => {
    const stop = new AbortController();
    const sandbox = new FakeSandbox(
      answerLikeTree({
        all: () => {
          stop.abort();
          return { kind: 'signalled', signal: 'SIGKILL', wallMs: 1, cpuMs: 1 };
        },
      }),
    );
    const result = await buildPackage(request(place, { sandbox, signal: stop.signal }));
    expect(result).toMatchObject({ kind: 'trouble', trouble: 'killed' });
    expect(sandbox.commands.map(verbOf).at(-1)).toBe('all');
  });

  it('is the package when a program of it is killed by a signal', async () => {
    const sandbox = new FakeSandbox(
      answerLikeTree({ all: () => ({ kind: 'signalled', signal: 'SIGSEGV', wallMs: 1, cpuMs: 1 }) }),
    );
    const result = await buildPackage(request(place, { sandbox }));
    expect(result).toMatchObject({ outcome: { stage: 'build', reason: 'make all was killed by SIGSEGV' } });
  });

  it('is trouble when a stage fails for want of room on a disk', async () => {
    const sandbox = new FakeSandbox(
      answerLikeTree({ all: () => ({ code: 1, stdout: 'ld: write: No space left on device\n' }) }),
    );
    const result = await buildPackage(request(place, { sandbox }));
    expect(result).toMatchObject({ kind: 'trouble', trouble: 'disk-full' });
  });

  it('is trouble when the repository has no room for the package', async () => {
    const sandbox = new FakeSandbox(answerLikeTree({ read: () => ({ code: 68 }) }));
    const result = await buildPackage(request(place, { sandbox }));
    expect(result).toMatchObject({ kind: 'trouble', trouble: 'disk-full' });
  });

  it('is the package when make cannot tell where it works', async () => {
    const sandbox = new FakeSandbox(answerLikeTree({ 'show-vars': () => ({ stdout: 'something else\n' }) }));
    const result = await buildPackage(request(place, { sandbox }));
    expect(result).toMatchObject({ outcome: { kind: 'failed', stage: 'pre-clean' } });
  });

  it('is the package when it makes another package than the scan said', async () => {
    const sandbox = new FakeSandbox(
      answerLikeTree({
        'show-vars': (command) => answerVariables(command, { STAGE_PKGFILE: `${WORK_DIR}/other-1.0.tgz` }),
      }),
    );
    const result = await buildPackage(request(place, { sandbox }));
    expect(result).toMatchObject({ outcome: { kind: 'failed', stage: 'package' } });
    expect(await readdir(join(place.packages, 'All'))).toEqual([]);
  });

  it('is nobody once the package is saved: a failing clean changes nothing', async () => {
    let cleans = 0;
    const sandbox = new FakeSandbox(
      answerLikeTree({
        clean: () => {
          cleans += 1;
          return cleans === 1 ? {} : { code: 1 };
        },
      }),
    );
    const result = await buildPackage(request(place, { sandbox }));
    expect(result).toMatchObject({ outcome: { kind: 'built' } });
    await access(join(place.packages, 'All', 'tool-1.0.tgz'));
  });
});

describe('what is written of an attempt', () => {
  it.each([
    ['show-vars', 'pre-clean: make show-vars exited with 1'],
    ['pkg_add', 'depends: pkg_add exited with 1'],
    ['configure', 'configure: make configure exited with 1'],
  ])('says why it failed, whichever step it was: %s', async (verb, said) => {
    const sandbox = new FakeSandbox(answerLikeTree({ [verb]: () => ({ code: 1 }) }));
    await addPackageFile(place, 'lib-2.0');
    await buildPackage(request(place, { sandbox, depends: [checkPkgName('lib-2.0')] }));
    expect(await readFile(join(place.logDir, 'tool-1.0/setup.log'), 'utf8')).toContain(said);
  });

  it('says so too when the attempt ended before its first step', async () => {
    const sandbox = new FakeSandbox(answerLikeTree());
    await buildPackage(request(place, { sandbox, depends: [checkPkgName('lib-2.0')] }));
    const text = await readFile(join(place.logDir, 'tool-1.0/setup.log'), 'utf8');
    expect(text).toContain('lib-2.0.tgz is not there');
  });

  it('cleans nothing in a sandbox that is dropped, but what lies outside of its work area', async () => {
    const count = async (workDir: string): Promise<number> => {
      const sandbox = new FakeSandbox(
        answerLikeTree({ 'show-vars': (command) => answerVariables(command, { WRKDIR: workDir }) }),
      );
      await buildPackage(request(place, { sandbox, policy: policy({ isDropped: true }) }));
      return sandbox.commands.filter((command) => verbOf(command) === 'clean').length;
    };
    expect(await count('/work/devel/tool/work')).toBe(0);
    expect(await count('/shared/work/devel/tool')).toBe(2);
  });
});

describe('what a build is measured by', () => {
  it('tells the time of each stage, of a failed build too', async () => {
    const sandbox = new FakeSandbox(answerLikeTree({ 'stage-install': () => ({ code: 1, cpuMs: 40 }) }));
    const result = await buildPackage(request(place, { sandbox }));
    if (result.kind !== 'ended') throw new Error('the build has no end');
    expect(result.steps.map(({ step, cpuMs }) => [step, cpuMs])).toEqual([
      ['pre-clean', 11],
      ['checksum', 10],
      ['configure', 10],
      ['build', 10],
      ['install', 40],
      ['clean', 10],
    ]);
    expect(result.cpuMs).toBe(91);
  });
});
