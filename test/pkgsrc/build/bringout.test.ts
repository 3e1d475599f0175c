import { spawnSync } from 'node:child_process';
import { fchmodSync, readdirSync, statSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../src/pkgsrc/build/build.ts';
import { sweepOwn } from '../../../src/pkgsrc/build/save.ts';
import { temporaryName } from '../../../src/pkgsrc/repository/place.ts';
import { type Answer, FakeSandbox } from '../fakesandbox.ts';
import {
  answerLikeTree,
  answerVariables,
  makePlace,
  type Place,
  policy,
  request,
  verbOf,
} from './fixture.ts';

const NAMES = ['sub/one.tar.gz', 'two.tar.gz'];

/** What one directory stands for inside, and another on the host: programs that look there are run for real. */
describe('what a fetch got in a sandbox', () => {
  let place: Place;
  let distdir: string;
  let layer: string;
  let warnings: string[];
  beforeEach(async () => {
    place = await makePlace();
    [distdir, layer] = [join(place.dir, 'distfiles'), join(place.dir, 'layer')];
    warnings = [];
    for (const dir of [distdir, join(layer, 'sub'), join(place.dir, 'pkgsrc/devel/tool')]) {
      await mkdir(dir, { recursive: true });
    }
    await writeFile(
      join(place.dir, 'pkgsrc/devel/tool/distinfo'),
      'Size (sub/one.tar.gz) = 3 bytes\nSize (two.tar.gz) = 3 bytes\n',
    );
  });
  afterEach(() => place.remove());

  const inLayer = (text: string): string => text.replace(distdir, layer);
  const runInLayer = (argv: readonly string[], cwd: string): Answer => {
    const [program = '', ...words] = argv.map(inLayer);
    const { status, stdout } = spawnSync(program, words, { cwd: inLayer(cwd) });
    return { code: status ?? 1, stdout };
  };
  const fetchAll = async (): Promise<void> => {
    await writeFile(join(layer, 'sub/one.tar.gz'), 'one');
    await writeFile(join(layer, 'two.tar.gz'), 'two');
  };

  interface Script {
    readonly fetch?: () => Promise<void>;
    readonly checksum?: () => Answer;
    /** Run by the reader inside, with the descriptor that it prints to. */
    readonly onRead?: (fd: number) => void;
    readonly names?: readonly string[];
  }
  const makeSandbox = (script: Script): FakeSandbox => {
    const names = (script.names ?? NAMES).join(' ');
    const answer = answerLikeTree({
      'show-vars': (command) =>
        answerVariables(command, {
          DISTDIR: distdir,
          DISTFILES: names,
          _ALLFILES: names,
          DISTINFO_FILE: join(place.dir, 'pkgsrc/devel/tool/distinfo'),
        }),
      checksum: script.checksum ?? (() => ({})),
    });
    return new FakeSandbox(async (command) => {
      const { argv, cwd, output } = command;
      if (argv[1] === 'stat' || argv[0] === '/bin/rm') return runInLayer(argv, cwd);
      if (verbOf(command) === 'read' && argv.some((word) => word.startsWith(distdir))) {
        if (output.kind === 'split') script.onRead?.(output.stdoutFd);
        return runInLayer(argv, '/');
      }
      if (verbOf(command) !== 'fetch') return answer(command);
      await (script.fetch ?? fetchAll)();
      return {};
    });
  };
  const build = (sandbox: FakeSandbox) =>
    buildPackage(
      request(place, {
        sandbox,
        environment: {
          make: '/bin/make',
          pkgsrc: join(place.dir, 'pkgsrc'),
          workDir: '/work',
          variables: {},
          cacheVars: {},
        },
        policy: policy({ layeredDistdir: distdir }),
        onWarning: (line) => warnings.push(line),
      }),
    );
  const built = { outcome: { kind: 'built' } };

  it('comes to the host once its checksum is right, as plain files of the agent', async () => {
    let before: string[] = [];
    const checksum = (): Answer => {
      before = readdirSync(distdir);
      return {};
    };
    const sandbox = makeSandbox({ checksum, onRead: (fd) => fchmodSync(fd, 0o6777) });
    expect(await build(sandbox)).toMatchObject(built);
    expect(before).toEqual([]);
    expect((await readdir(distdir, { recursive: true })).sort()).toEqual(['sub', ...NAMES].sort());
    for (const name of NAMES) {
      const { mode, uid } = statSync(join(distdir, name));
      expect([mode & 0o7777, uid]).toEqual([0o644, process.getuid?.()]);
    }
    expect(await readFile(join(distdir, 'sub/one.tar.gz'), 'utf8')).toBe('one');
    expect(warnings).toEqual([]);
  });

  it('stays there when its checksum is wrong', async () => {
    const result = await build(makeSandbox({ checksum: () => ({ code: 1 }) }));
    expect(result).toMatchObject({ outcome: { stage: 'checksum' } });
    expect(await readdir(distdir)).toEqual([]);
    // Nor does anybody wait for it for ever.
    expect(await build(makeSandbox({}))).toMatchObject(built);
    expect(await readdir(distdir)).toContain('two.tar.gz');
  });

  it('is taken while nothing that the package started runs, and where nobody else gets', async () => {
    const modes: number[] = [];
    const onRead = (): void => {
      const [incoming = ''] = readdirSync(distdir).filter((name) => name.startsWith('.bulkmesh-'));
      modes.push(statSync(join(distdir, incoming)).mode & 0o777);
    };
    const sandbox = makeSandbox({ onRead });
    await build(sandbox);
    expect(modes).toEqual([0o700, 0o700]);
    const kinds = sandbox.calls.map((call) => {
      if (call === 'killAll') return 'kill';
      if (call.includes(`${distdir}/`)) return 'read';
      return / checksum( |$)/.test(call) ? 'checksum' : '';
    });
    const at = kinds.indexOf('checksum');
    expect(kinds.slice(at, at + 5)).toEqual(['checksum', 'kill', 'read', 'read', 'kill']);
  });

  it('is not taken when it is a link, or of another length than distinfo says: the package is built', async () => {
    await writeFile(join(place.dir, 'secret'), 'key');
    const checksum = (): Answer =>
      runInLayer(['/bin/ln', '-sf', join(place.dir, 'secret'), 'two.tar.gz'], layer);
    expect(await build(makeSandbox({ checksum }))).toMatchObject(built);
    expect((await readdir(distdir, { recursive: true })).sort()).toEqual(['sub', 'sub/one.tar.gz']);
    expect(warnings).toEqual([expect.stringMatching(/two\.tar\.gz: it is no regular file$/)]);

    await unlink(join(layer, 'two.tar.gz'));
    const grown = (): Answer => runInLayer(['/bin/cp', '/bin/sh', 'two.tar.gz'], layer);
    expect(await build(makeSandbox({ checksum: grown }))).toMatchObject(built);
    expect(warnings.at(-1)).toMatch(/two\.tar\.gz: it is longer than distinfo says$/);
    expect(await readdir(distdir)).toEqual(['sub']);
  });

  it('follows no link of the host, and takes nobody’s file from its place', async () => {
    await mkdir(join(place.dir, 'elsewhere'));
    await symlink('../elsewhere', join(distdir, 'sub'));
    const fetch = async (): Promise<void> => {
      await fetchAll();
      await writeFile(join(distdir, 'two.tar.gz'), 'another');
    };
    expect(await build(makeSandbox({ fetch }))).toMatchObject(built);
    expect(await readdir(join(place.dir, 'elsewhere'))).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(/sub\/one\.tar\.gz: .*\/sub is no directory of its own$/),
    ]);
    expect(await readFile(join(distdir, 'two.tar.gz'), 'utf8')).toBe('another');
  });

  it('replaces a part of a file that somebody left on the host', async () => {
    await writeFile(join(distdir, 'two.tar.gz'), 't');
    await utimes(join(distdir, 'two.tar.gz'), 1000, 1000);
    await writeFile(join(layer, 'two.tar.gz'), 't');
    expect(await build(makeSandbox({}))).toMatchObject(built);
    expect(await readFile(join(distdir, 'two.tar.gz'), 'utf8')).toBe('two');
  });

  it('is fetched again by a sandbox that does not see what is on the host since', async () => {
    for (const [name, text] of [
      ['sub/one.tar.gz', 'one'],
      ['two.tar.gz', 'two'],
    ] as const) {
      await mkdir(join(distdir, 'sub'), { recursive: true });
      await writeFile(join(distdir, name), text);
    }
    const before = await lstat(join(distdir, 'two.tar.gz'));
    const sandbox = makeSandbox({});
    expect(await build(sandbox)).toMatchObject(built);
    expect(sandbox.commands.filter((command) => verbOf(command) === 'fetch')).toHaveLength(1);
    expect((await lstat(join(distdir, 'two.tar.gz'))).ino).toBe(before.ino);
  });

  it('stays there, and that is said, when distinfo does not tell its size', async () => {
    const names = [...NAMES, 'three'];
    const fetch = async (): Promise<void> => {
      await fetchAll();
      await writeFile(join(layer, 'three'), '3');
    };
    expect(await build(makeSandbox({ fetch, names }))).toMatchObject(built);
    expect(warnings).toEqual([expect.stringMatching(/^tool-1\.0: not kept in DISTDIR.*: three: /)]);
    expect((await readdir(distdir)).sort()).toEqual(['sub', 'two.tar.gz']);
  });

  it('fails no package that was fetched for, when DISTDIR cannot take it', async () => {
    const checksum = (): Answer => {
      runInLayer(['/bin/sh', '-c', 'rmdir "$1" && : >"$1"', 'sh', `${place.dir}/./distfiles`], '/');
      return {};
    };
    expect(await build(makeSandbox({ checksum }))).toMatchObject(built);
    expect(warnings).toEqual([expect.stringContaining(`${distdir}: `)]);
  });

  it('is in nobody’s way after a kill: what was half there is not taken for a file', async () => {
    const left = temporaryName('host1');
    await mkdir(join(distdir, left));
    expect([await sweepOwn(distdir, 'host2'), await sweepOwn(distdir, 'host1')]).toEqual([0, 1]);
    expect(await readdir(distdir)).toEqual([]);
  });
});
