import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordDecisions } from '../../../agent/build/fresh.ts';
import { layGround } from '../../../agent/build/ground.ts';
import { makeLive, runTask } from '../../../agent/build/live.ts';
import { openSettings } from '../../../agent/build/settings.ts';
import { surveyTree } from '../../../agent/build/survey.ts';
import { decodeSheet } from '../../../agent/sheet/decode.ts';
import { encodeSheet } from '../../../agent/sheet/encode.ts';
import { type FitRequest, type FittedBuild, fitGround } from '../../../agent/sheet/fit.ts';
import { packTerms } from '../../../agent/sheet/make.ts';
import { createOwnTrees } from '../../../agent/sheet/ownTrees.ts';
import type { BuildSheet } from '../../../agent/sheet/sheet.ts';
import { createShelf } from '../../../agent/sheet/shelf.ts';
import type { BlobStore } from '../../../src/artefacts/store/store.ts';
import type { Config } from '../../../src/config/config.ts';
import { buildId, hostId, planId, slotName, type Token, taskName } from '../../../src/core/ids.ts';
import type { RunResult } from '../../../src/core/input.ts';
import { resolveRecords } from '../../../src/pkgsrc/resolve.ts';
import type { SandboxDriver } from '../../../src/sandbox/driver.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import { chooseDriver } from '../../../src/sandbox/select.ts';
import { never, useHosts } from '../../artefacts/hosts.ts';
import { noSandboxes, suiteTitle, systemDirs } from '../../sandbox/support/host.ts';
import { type FakeTree, layFakeTree } from '../support/fake-tree.ts';
import { sheetOf } from './samples.ts';

const hosts = useHosts();

/** One host: its directories, its files, its driver. */
interface Host {
  readonly fake: FakeTree;
  readonly config: Config;
  readonly blobs: BlobStore;
  readonly driver: SandboxDriver;
}

describe.skipIf(noSandboxes !== undefined)(suiteTitle('a build that was asked for on another host'), () => {
  let there: Host;
  let here: Host;
  const laid: FakeTree[] = [];

  const layHost = async (changes: (fake: FakeTree) => Partial<Config>): Promise<Host> => {
    const fake = layFakeTree();
    laid.push(fake);
    const config = { ...fake.config, ...changes(fake) };
    mkdirSync(config.paths.state);
    const { store: blobs } = await hosts.openStore({}, join(config.paths.state, 'blobs'));
    const { driver } = await chooseDriver({
      ...{ driver: 'linux', stateDir: config.paths.state, storage: 'disk', systemDirs },
    });
    return { fake, config, blobs, driver };
  };

  beforeEach(async () => {
    there = await layHost((fake) => ({
      pkgsrc: {
        ...fake.config.pkgsrc,
        make: undefined,
        bootstrapKit: packKit(fake),
        variables: { GREETING: 'hello' },
      },
      sandbox: { ...fake.config.sandbox, systemDirs, roDirs: [join(fake.dir, 'tools')] },
    }));
    const { fake } = there;
    fake.addPackage('one');
    fake.addPackage('two', {
      needs: ['one'],
      hook: `[ "$GREETING $PACKAGES" = "hello ${fake.dir}/packages" ] || exit 1`,
    });
    writeFileSync(join(fake.dir, 'tools', 'common.mk'), 'X=1\n');
    for (const name of ['one', 'two']) {
      const index = join(fake.config.paths.pkgsrc, 'cat', name, 'index');
      const text = readFileSync(index, 'utf8');
      writeFileSync(index, text.replace('=Makefile', `=Makefile ${fake.dir}/tools/common.mk`));
    }
    here = await layHost((other) => ({ sandbox: { ...other.config.sandbox, systemDirs } }));
    rmSync(here.config.paths.pkgsrc, { recursive: true });
    rmSync(join(here.fake.dir, 'tools'), { recursive: true });
  });
  afterEach(() => {
    for (const fake of laid.splice(0)) fake.remove();
  });

  /** The sheet of a build of all packages of `there`, sent over. */
  const makeSheet = async (): Promise<BuildSheet> => {
    const { config, driver, blobs } = there;
    const ground = await layGround(config, driver.traits);
    const survey = await surveyTree({
      ...{ config, driver, ground, pkgpaths: ['cat/one', 'cat/two'], signal: never, store: undefined },
      onScanning: () => undefined,
      onProgress: () => undefined,
      onFailure: ({ reason }) => expect(reason).toBe(''),
      onWarning: (line) => expect(line).toBe(''),
    });
    const resolution = resolveRecords(survey.records);
    const settings = openSettings(config, ground, survey.tree);
    const decisions = recordDecisions(resolution, settings.settingsOf, new Map());
    const built = { kind: 'build', reasons: [{ kind: 'absent' }] };
    const packages = decisions.packages.map((row) => ({ ...row, verdict: built }));
    const bytes = await encodeSheet({
      ...{
        build: buildId('b1'),
        submitter: hostId('there'),
        startedAtMs: 5,
        pkgpaths: [],
        configDigest: 'x',
      },
      terms: await packTerms({
        ...there,
        traits: driver.traits,
        ground,
        trees: treesOf(there),
        sharedFiles: false,
      }),
      ...{ tree: survey.tree, failures: survey.failures, resolution, kept: new Map() },
      decisions: { ...decisions, packages },
      settings: settings.list(),
    });
    expect(blobs.list()).toHaveLength(3);
    return decodeSheet(bytes);
  };

  const treesOf = ({ config, blobs }: Host) =>
    createOwnTrees({ stateDir: config.paths.state, blobs, run: runTool });

  /** How often something came over. */
  let fetched: string[];
  const takePart = (sheet: BuildSheet, changes: Partial<FitRequest> = {}): Promise<FittedBuild> => {
    const { config, blobs, driver } = here;
    fetched = [];
    return fitGround({
      ...{
        sheet,
        host: hostId('here'),
        config,
        blobs,
        driver,
        sharedFiles: false,
        signal: never,
        trees: treesOf(here),
      },
      shelf: createShelf({
        stateDir: config.paths.state,
        blobs,
        run: runTool,
        onWarning: expect.unreachable,
      }),
      get: async ({ sha256 }) => {
        fetched.push(sha256);
        await blobs.addFile(there.blobs.pathOf(sha256), { mayLink: false, expected: sha256 });
      },
      onWarning: (line) => expect(line).toBe(''),
      ...changes,
    });
  };

  const run = async (fitted: FittedBuild, pkgname: string): Promise<RunResult> => {
    const live = makeLive({
      ...fitted,
      plan: { build: fitted.build, tasks: [] },
      ...{ planId: planId('0'.repeat(64)), owner: 'here' },
    });
    const sandbox = await here.driver.prepare(slotName('build-1'), live.ground.spec);
    const start = {
      kind: 'start' as const,
      ...{ planId: live.planId, task: taskName(pkgname), slot: sandbox.slot, jobs: 1, token: 't' as Token },
      work: { kind: 'disk' as const },
    };
    const place = {
      ...{ logDir: here.config.paths.bulklog, storageDirs: [], owner: 'here' },
      findGround: () => () => ({ stretch: 1, slowestMs: 0, jobsRatio: 1 }),
      onWarning: (line: string) => expect(line).toBe(''),
    };
    try {
      return await runTask(live, start, sandbox, place, never, () => undefined);
    } finally {
      await sandbox.destroy();
    }
  };

  it('is built on a host with nothing of its own, at its own places, as it would be there', async () => {
    const sheet = await makeSheet();
    const fitted = await takePart(sheet);
    expect(fetched).toHaveLength(3);
    expect(await run(fitted, 'one-1.0')).toMatchObject({ outcome: { kind: 'built' } });
    expect(await run(fitted, 'two-1.0')).toMatchObject({ outcome: { kind: 'built' } });
    const { paths } = here.config;
    // Not among what this host made of the same names.
    const repository = join(paths.state, 'mesh', 'packages', sheet.submitter);
    expect(existsSync(join(repository, 'All', 'two-1.0.tgz'))).toBe(true);
    expect(existsSync(here.fake.packageFile('two'))).toBe(false);
    expect(existsSync(there.fake.packageFile('two'))).toBe(false);
    fitted.release();
    // The second time nothing has to come; and what another host has outside the tree would make other packages.
    const [first] = sheet.settings;
    const others = {
      tree: { ...sheet.tree, platform: { ...sheet.tree.platform, compiler: 'gcc-99' } },
      settings: [{ outside: ['/etc/mk.conf'], settings: { ...first?.settings, '/etc/mk.conf': 'another' } }],
    };
    const refused = await takePart({ ...sheet, ...others }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'SHEET_UNFIT',
      hint: expect.stringContaining('same on both hosts'),
    });
    expect(String(refused)).toMatch(/the compiler is not known, not gcc-99; /);
    expect(String(refused)).toMatch(/\/etc\/mk.conf differs/);
    expect(fetched).toEqual([]);
  });

  it('is refused before anything is fetched when this host is another one, with all reasons at once', async () => {
    const sheet = sheetOf({ packages: [] });
    const { terms } = sheet;
    const ofHere = { platform: process.platform, arch: process.arch };
    const foreign = { ...sheet, terms: { ...terms, ...ofHere, arch: 'vax' } };
    await expect(takePart(foreign)).rejects.toMatchObject({
      ...{ code: 'SHEET_UNFIT', message: expect.stringContaining('and the build is for linux on vax') },
    });
    const user = {
      buildUser: 'nosuchuser',
      isIsolated: false,
      variables: { LD_PRELOAD: '/x.so', GCONV_PATH: '/x', LOCALBASE: '/y' },
    };
    const unlike = await takePart({ ...sheet, terms: { ...terms, ...ofHere, ...user } }).catch(String);
    expect(unlike).toContain('the host where the build was asked for isolates nothing; ');
    expect(unlike).toContain('the build user "nosuchuser" does not exist on this host; ');
    expect(unlike).toContain('/content/cache is not in its sandbox.rw_dirs; ');
    expect(unlike).toContain('files that all hosts share, and this one shares none');
    expect(unlike).toContain('the build sets LD_PRELOAD, which another host may not');
    expect(unlike).toContain('the build sets GCONV_PATH, which');
    expect(unlike).not.toContain('LOCALBASE');
    expect(fetched).toEqual([]);
  });

  it('uses the tree and the read-only directories of this host where they say the same', async () => {
    const sheet = await makeSheet();
    const { config } = here;
    cpSync(there.config.paths.pkgsrc, config.paths.pkgsrc, { recursive: true });
    const fitted = await takePart(sheet);
    expect(fetched).toHaveLength(2);
    const { shares } = fitted.ground.spec;
    expect(shares.find(({ target }) => target === there.config.paths.pkgsrc)?.source).toBe(
      config.paths.pkgsrc,
    );
    fitted.release();
  });
});

/** A kit that brings make alone. */
const packKit = ({ dir, config }: FakeTree): string => {
  const bin = join(config.pkgsrc.prefix, 'bin');
  mkdirSync(bin, { recursive: true });
  copyFileSync(join(dir, 'make'), join(bin, 'bmake'));
  chmodSync(join(bin, 'bmake'), 0o755);
  const kit = join(dir, 'kit.tar.gz');
  execFileSync('tar', ['-C', '/', '-czf', kit, config.pkgsrc.prefix.slice(1)]);
  rmSync(config.pkgsrc.prefix, { recursive: true });
  return kit;
};
