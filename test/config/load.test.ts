import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { renderTemplate } from '../../src/config/template.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { complaintsOf } from './complaints.ts';
import { useContentDir, writeConfig } from './scratch.ts';

describe('loadConfig', () => {
  const content = useContentDir();

  it('gives every default for an empty file, with paths beside the file', async () => {
    const directory = content();
    const config = await loadConfig(writeConfig(directory, ''));
    const cores = availableParallelism();
    expect(config).toEqual({
      file: join(directory, 'bulkmesh.toml'),
      paths: {
        pkgsrc: join(directory, 'pkgsrc'),
        packages: join(directory, 'packages'),
        distfiles: join(directory, 'distfiles'),
        bulklog: join(directory, 'bulklog'),
        state: join(directory, 'bulkmesh'),
      },
      pkgsrc: {
        make: undefined,
        bootstrapKit: undefined,
        prefix: '/usr/pkg',
        pkgDbdir: '/usr/pkg/pkgdb',
        buildUser: 'pbulk',
        pkgpaths: [],
        variables: {},
        inherit: [],
      },
      tree: { url: 'https://github.com/NetBSD/pkgsrc.git', branch: 'trunk' },
      build: {
        slots: Math.max(2, Math.floor(cores / 2)),
        cores,
        scanProcs: cores,
        scanCache: true,
        skipAgeCheck: false,
        fetchTries: 3,
        keepWrkdir: false,
        keepPrefix: false,
        save: [],
      },
      limits: {
        cpuSeconds: 3600,
        files: 0,
        processes: 0,
        memoryMiB: 0,
        fileSizeMiB: 0,
        memoryTotalMiB: 0,
        processesTotal: 4096,
        diskMiB: 0,
        nice: 0,
        packageSizeMiB: 20480,
        packages: [],
      },
      watchdog: {
        silenceSeconds: {
          clean: 1200,
          depends: 900,
          fetch: 480,
          checksum: 1200,
          configure: 2100,
          build: 3600,
          install: 1200,
          package: 4800,
          hooks: 3600,
        },
        totalSeconds: 86_400,
        learnedFactor: 4,
        learnedFloorSeconds: 1800,
        floodMiBPerSecond: 5,
        floodSeconds: 60,
        repeats: 100_000,
        logMiB: 64,
      },
      hooks: { beforeBuild: [], afterBuild: [], beforePackage: [], afterPackage: [] },
      mesh: {
        keyFile: join(directory, 'bulkmesh', 'mesh.key'),
        listen: ['0.0.0.0:28550'],
        join: [],
        advertise: [],
        name: expect.stringMatching(/^[A-Za-z0-9]/),
        sharedFiles: false,
        coordinate: 'allow',
      },
      metrics: { listen: undefined, tokenFile: undefined },
      summary: { formats: ['gz', 'bz2', 'zst'], checksums: true, includeRestricted: false },
      sandbox: {
        driver: 'auto',
        chrootDir: undefined,
        chrootCreate: [],
        chrootDelete: [],
        storage: 'auto',
        workMemoryMiB: undefined,
        dependencyLayersGiB: 10,
        systemDirs: ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/usr', '/etc'],
        firstUid: undefined,
        roDirs: [],
        rwDirs: [],
        spare: 1,
        keepFailed: 3,
        keepHours: 8,
        keepGiB: 10,
      },
      report: { subjectPrefix: 'pkgsrc', baseUrl: '', graphLimit: 512 },
    });
  });

  it('tells all problems of a file at once, each with its line and what to do', async () => {
    const text = [
      'slots = 3',
      '[paths]',
      'pkgsr = "/usr/pkgsrc"',
      'packages = 7',
      '[pkgsrc]',
      'build_user = "root"',
      'pkgpaths = [',
      '  "lang/perl5",',
      '  "../etc/passwd",',
      ']',
      '[build]',
      'slots = 0',
      'cores = "8"',
      'driver = "linux"',
      '[sandbox]',
      'driver = "linx"',
      '[raport]',
    ].join('\n');
    expect(await complaintsOf(content(), text)).toEqual([
      ':1: slots: a key outside of every section, it belongs in [build]',
      ':3: paths.pkgsr: unknown key, did you mean pkgsrc?',
      ':4: paths.packages: is the number 7, give a text in quotes: "7"',
      ':6: pkgsrc.build_user: builds never run as root, name an ordinary account, like pbulk',
      ':9: pkgsrc.pkgpaths.1: "../etc/passwd" is no PKGPATH, write category/directory, like lang/perl5',
      ':12: build.slots: 0 is out of range, give 1 to 512',
      ':13: build.cores: is the text "8", give a whole number without quotes',
      ':14: build.driver: unknown key, it belongs in [sandbox]',
      ':16: sandbox.driver: is the text "linx", give one of "auto", "linux", "mounts", "script", "none" (linux?)',
      ':17: raport: unknown section, did you mean [report]?',
    ]);
  });

  it.each([
    ['paths = 3', ':1: paths: is the number 3, write it as a section: [paths]'],
    ['[[build]]\nslots = 1', ':1: build: is a list, write it as a section: [build]'],
    ['[build]\nslots = 1.5', ':2: build.slots: is the number 1.5, give a whole number without quotes'],
    ['[build]\nslots = 100000', ':2: build.slots: 100000 is out of range, give 1 to 512'],
    [
      '[pkgsrc]\npkgpaths = "a/b"',
      ':2: pkgsrc.pkgpaths: is the text "a/b", give a list of texts: ["...", "..."]',
    ],
    ['[pkgsrc]\npkgpaths = [1]', ':2: pkgsrc.pkgpaths.0: is the number 1, give a text in quotes: "1"'],
    [
      '[pkgsrc.variables]\nA = 1\nB = "x"',
      ':2: pkgsrc.variables.A: is the number 1, give a text in quotes: "1"',
    ],
    [
      '[pkgsrc.variables]\n"PKG_OPTIONS.curl" = "x"',
      ':2: pkgsrc.variables.PKG_OPTIONS.curl: is no name that goes through the environment, ' +
        'use letters, digits and _, or set it in mk.conf',
    ],
    ['[paths]\nstate = 1979-05-27', ':2: paths.state: is a date, give a text in quotes'],
    [
      '[report]\nsubject_prefix = "a\\nb"',
      ':2: report.subject_prefix: contains control characters, write plain text',
    ],
    [
      '[report]\nbase_url = "example.org"',
      ':2: report.base_url: "example.org" is no URL, write it with http:// or https://',
    ],
  ])('says of %j: %s', async (text, complaint) => {
    expect(await complaintsOf(content(), text)).toEqual([complaint]);
  });

  it('says where a text that is no TOML goes wrong', async () => {
    const [complaint] = await complaintsOf(content(), '[paths]\npkgsrc = /usr/pkgsrc\n');
    expect(complaint).toMatch(/^:2:\d+: ./);
  });

  it('says which paths are missing or of the wrong kind, also when they are defaults', async () => {
    const directory = content();
    writeFileSync(join(directory, 'file'), '');
    const text = [
      '[paths]',
      'pkgsrc = "no"',
      'packages = "file"',
      '[pkgsrc]',
      'bootstrap_kit = "no.tgz"',
      'limited_list = "none"',
      '[sandbox]',
      'ro_dirs = ["/usr", "gone"]',
      'rw_dirs = ["file/below"]',
    ].join('\n');
    expect(await complaintsOf(directory, text)).toEqual([
      ':2: paths.pkgsrc: /no does not exist, put the directory there, or correct the path',
      ':3: paths.packages: /file is not a directory, give a directory',
      ':5: pkgsrc.bootstrap_kit: /no.tgz does not exist, put the file there, or correct the path',
      ':6: pkgsrc.limited_list: /none does not exist, put the file there, or correct the path',
      ':8: sandbox.ro_dirs.1: /gone does not exist, put the directory there, or correct the path',
      ':9: sandbox.rw_dirs.0: /file/below cannot be looked at (ENOTDIR), correct the path or its permissions',
    ]);
    expect(await complaintsOf(join(directory, 'pkgsrc'), '')).toEqual([
      ': paths.pkgsrc: /pkgsrc does not exist, put the directory there, or correct the path',
    ]);
  });

  it('refuses paths that a sandbox cannot mount', async () => {
    for (const bad of ['a,b', 'a:b', 'a b', 'a\\\\b', 'a\\nb', 'a\\tb', '~/x', '', '/']) {
      const [complaint, ...rest] = await complaintsOf(content(), `[paths]\ndistfiles = "${bad}"`);
      expect([bad, complaint]).toEqual([bad, expect.stringMatching(/^:2: paths\.distfiles: /)]);
      expect(rest).toEqual([]);
    }
  });

  it('refuses a prefix or package database that belongs to the system', async () => {
    for (const bad of ['/', '/usr', '/usr/', '/usr/bin', '/etc', '/proc/pkg', 'usr/pkg', '/usr/pkg/..', '']) {
      const [complaint, ...rest] = await complaintsOf(content(), `[pkgsrc]\nprefix = "${bad}"`);
      expect([bad, complaint]).toEqual([bad, expect.stringMatching(/^:2: pkgsrc\.prefix: /)]);
      expect(rest).toEqual([]);
    }
    expect(await complaintsOf(content(), '[pkgsrc]\npkg_dbdir = "/var/db/pkg"')).toEqual([]);
  });

  it('refuses directories that would harm each other', async () => {
    const text = [
      '[paths]',
      'packages = "/usr/pkg/packages"',
      'distfiles = "same"',
      'bulklog = "same"',
      'state = "pkgsrc/state"',
      '[sandbox]',
      'rw_dirs = ["/usr"]',
    ].join('\n');
    expect(await complaintsOf(content(), text)).toEqual([
      expect.stringMatching(/^:2: paths\.packages: .*move one of them$/),
      ':4: paths.bulklog: is the same as paths.distfiles, give each its own',
      expect.stringMatching(/^:5: paths\.state: .*give the agent a directory of its own$/),
      expect.stringMatching(/^:7: sandbox\.rw_dirs\.0: \/usr would let builds reach \/usr\/pkg\/packages/),
      ':7: sandbox.rw_dirs.0: /usr would let builds change /usr of this host, share a smaller directory',
    ]);
  });

  it.each(['ro_dirs', 'rw_dirs', 'system_dirs'])(
    'refuses %s through which builds reach the agent’s own',
    async (key) => {
      const directory = content();
      mkdirSync(join(directory, 'a'));
      const complaints = await complaintsOf(
        directory,
        `[paths]\nstate = "a/state"\n[sandbox]\n${key} = ["a"]`,
      );
      expect(complaints).toEqual([
        expect.stringContaining(`sandbox.${key}.0: /a would let builds reach /a/state`),
      ]);
    },
  );

  it('refuses addresses that lead nowhere, and a mesh key where packages could read it', async () => {
    const text = [
      '[mesh]',
      'key = "packages/key"',
      'listen = ["build1:7", "1.2.3.4:70000", "::"]',
      'join = ["a b", "ok"]',
      'advertise = ["0.0.0.0:7"]',
      'name = "two words"',
    ].join('\n');
    expect(await complaintsOf(content(), text)).toEqual([
      expect.stringMatching(
        /^:2: mesh\.key: \/packages\/key lies in \/packages, .*such as paths\.state or \/root$/,
      ),
      expect.stringMatching(/^:3: mesh\.listen\.0: "build1:7" is no place to listen at, write IP/),
      expect.stringMatching(/^:3: mesh\.listen\.1: "1\.2\.3\.4:70000" is no place/),
      expect.stringMatching(/^:4: mesh\.join\.0: "a b" is no address of a host, write HOST, HOST:PORT/),
      ':5: mesh.advertise.0: "0.0.0.0:7" means nothing on another host, give one by which they reach this one',
      ':6: mesh.name: "two words" is no name for a host, use up to 63 letters, digits, . _ and -',
    ]);
    const many = Array.from({ length: 17 }, (_, index) => `"h${index}"`).join();
    expect(await complaintsOf(content(), `[mesh]\nkey = "/etc/mesh.key"\njoin = [${many}]`)).toEqual([
      expect.stringMatching(/^:2: mesh\.key: \/etc\/mesh\.key lies in \/etc,/),
      ':3: mesh.join: has 17 addresses, give 16 at most',
    ]);
  });

  it('refuses to give figures to everybody', async () => {
    expect(await complaintsOf(content(), '[metrics]\nlisten = "0.0.0.0:9000"')).toEqual([
      ':2: metrics.listen: anybody who reaches 0.0.0.0:9000 could read the figures, name a file with a token in metrics.token',
    ]);
    expect(await complaintsOf(content(), '[metrics]\nlisten = "127.0.0.1"')).toEqual([
      expect.stringMatching(/^:2: metrics\.listen: "127\.0\.0\.1" is no place to listen at, write IP:PORT/),
    ]);
  });

  it('gives the line of the list file for a line of it that is no PKGPATH', async () => {
    const directory = content();
    writeFileSync(join(directory, 'list'), 'lang/perl5\nperl5\n-f/x\n');
    expect(await complaintsOf(directory, '[pkgsrc]\nlimited_list = "list"')).toEqual([
      '/list:2: pkgsrc.limited_list: "perl5" is no PKGPATH, write category/directory, like lang/perl5',
      '/list:3: pkgsrc.limited_list: "-f/x" is no PKGPATH, write category/directory, like lang/perl5',
    ]);
    writeFileSync(join(directory, 'list'), '# nothing\n');
    expect(await complaintsOf(directory, '[pkgsrc]\nlimited_list = "list"')).toEqual([
      ':2: pkgsrc.limited_list: /list names no package, fill it, or remove this key',
    ]);
  });

  it('says so when the file is a directory', async () => {
    await expect(loadConfig(content())).rejects.toMatchObject({ code: 'CONFIG_NOT_READABLE' });
  });
});

describe('parseConfig', () => {
  const content = useContentDir();

  it('answers any text with a configuration or with one clear error', async () => {
    const file = join(content(), 'bulkmesh.toml');
    const lines = renderTemplate().split('\n');
    const oddLine = fc.constantFrom(
      '[build]',
      '[[paths]]',
      'a.b = {c = [1, {d = 2}]}',
      '__proto__ = 1',
      '[__proto__]',
    );
    const edit = fc.record({
      at: fc.nat(lines.length),
      line: fc.oneof(oddLine, fc.string(), fc.constant('x = """')),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 4 }), async (edits) => {
        const text = edits.reduce((all, { at, line }) => all.toSpliced(at, 1, line), lines).join('\n');
        const config = await parseConfig(file, text).catch((error: unknown) => error);
        if (!(config instanceof Error)) return;
        expect(config).toBeInstanceOf(BulkmeshError);
        expect(config.message).toContain(file);
      }),
      { numRuns: 300 },
    );
  });
});
