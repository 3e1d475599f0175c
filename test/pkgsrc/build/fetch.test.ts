import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../src/pkgsrc/build/build.ts';
import type { BringDistfiles } from '../../../src/pkgsrc/build/distfiles.ts';
import type { BuildRequest } from '../../../src/pkgsrc/build/request.ts';
import { checkPkgName, checkPkgPath } from '../../../src/pkgsrc/name.ts';
import type { Command } from '../../../src/sandbox/driver.ts';
import { type Answer, FakeSandbox } from '../fakesandbox.ts';
import {
  answerLikeTree,
  answerVariables,
  makePlace,
  type Place,
  policy,
  record,
  request,
  verbOf,
} from './fixture.ts';

let place: Place;
let distdir: string;
let pkgsrc: string;
beforeEach(async () => {
  place = await makePlace();
  distdir = join(place.dir, 'distfiles');
  pkgsrc = join(place.dir, 'pkgsrc');
  for (const dir of [distdir, join(pkgsrc, 'devel/tool')]) mkdirSync(dir, { recursive: true });
  writeFileSync(
    join(pkgsrc, 'devel/tool/distinfo'),
    `$NetBSD$\n\nSHA512 (tool-1.0.tar.gz) = ${'00'.repeat(64)}\nSize (tool-1.0.tar.gz) = 10 bytes\n`,
  );
});
afterEach(() => place.remove());

const NAME = 'tool-1.0.tar.gz';
const putFile = (sizeBytes: number): void => writeFileSync(join(distdir, NAME), 'x'.repeat(sizeBytes));
const putOldFile = (sizeBytes: number): void => {
  putFile(sizeBytes);
  utimesSync(join(distdir, NAME), 1000, 1000);
};

/** A tree whose package has one distribution file; `rm` inside is done for real. */
const makeSandbox = (
  fetch: (command: Command) => Answer | Promise<Answer>,
  special: Readonly<Record<string, (command: Command) => Answer>> = {},
): FakeSandbox => {
  const answer = answerLikeTree({
    'show-vars': (command) =>
      answerVariables(command, {
        DISTDIR: distdir,
        DISTFILES: NAME,
        _ALLFILES: NAME,
        DISTINFO_FILE: join(pkgsrc, 'devel/tool/distinfo'),
      }),
    ...special,
  });
  return new FakeSandbox((command) => {
    if (command.argv[0] === '/bin/rm') {
      rmInside(command);
      return {};
    }
    return verbOf(command) === 'fetch' ? fetch(command) : answer(command);
  });
};
const rmInside = ({ cwd, argv }: Command): void => {
  for (const name of argv.slice(3)) rmSync(join(cwd, name), { force: true });
};
const ask = (sandbox: FakeSandbox, changes: Partial<BuildRequest> = {}): BuildRequest =>
  request(place, {
    sandbox,
    environment: { make: '/bin/make', pkgsrc, workDir: '/work', variables: {}, cacheVars: {} },
    ...changes,
  });
const countOf = (sandbox: FakeSandbox, verb: string): number =>
  sandbox.commands.filter((command) => verbOf(command) === verb).length;

describe('the fetch of distribution files', () => {
  it('is not even begun when all are there', async () => {
    putFile(10);
    const stages: string[] = [];
    const sandbox = makeSandbox(() => ({}));
    await buildPackage(ask(sandbox, { onStage: (stage) => stages.push(stage) }));
    expect(countOf(sandbox, 'fetch')).toBe(0);
    expect(stages).not.toContain('fetch');
    expect(stages).toContain('checksum');
  });

  it('asks other hosts first, waits until it is its turn, and goes outside for the rest alone', async () => {
    const asked: unknown[] = [];
    let isHeld = true;
    const sandbox = makeSandbox(() => ({}));
    const bringDistfiles: BringDistfiles = async (wanted, note) => {
      asked.push(wanted);
      await note('it came from elsewhere');
      putFile(10);
      const held = new DisposableStack();
      held.defer(() => {
        isHeld = false;
      });
      return held;
    };
    await buildPackage(ask(sandbox, { bringDistfiles }));
    const digests = [{ algorithm: 'SHA512', hex: '00'.repeat(64) }];
    expect(asked).toEqual([{ dir: distdir, files: [{ name: NAME, sizeBytes: 10, digests }] }]);
    expect(countOf(sandbox, 'fetch')).toBe(0);
    expect(isHeld).toBe(false);
  });

  it('is done by root with the network, before a checksum without one', async () => {
    const sandbox = makeSandbox(() => {
      putFile(10);
      return {};
    });
    expect(await buildPackage(ask(sandbox))).toMatchObject({ outcome: { kind: 'built' } });
    const [fetch, checksum] = sandbox.commands.filter((one) => /^(fetch|checksum)$/.test(verbOf(one)));
    expect(fetch).toMatchObject({ network: true, user: undefined });
    expect(checksum).toMatchObject({ network: false });
  });

  it('leaves nothing running that would keep the network for the stages after it', async () => {
    const sandbox = makeSandbox(() => {
      putFile(10);
      return {};
    });
    await buildPackage(ask(sandbox));
    const at = sandbox.calls.findIndex((call) => / fetch( |$)/.test(call));
    expect(sandbox.calls.slice(at, at + 2)).toEqual([expect.stringContaining(' fetch'), 'killAll']);
  });

  it('is tried again until it works', async () => {
    let tries = 0;
    const sandbox = makeSandbox(() => {
      tries += 1;
      if (tries < 3) return { code: 1, stdout: 'fetch: Unable to fetch expected file\n' };
      putFile(10);
      return {};
    });
    const result = await buildPackage(ask(sandbox, { policy: policy({ fetchTries: 3 }) }));
    expect(result).toMatchObject({ outcome: { kind: 'built' } });
    expect(tries).toBe(3);
  });

  it('fails the package in the stage fetch, with the reason, when every try fails', async () => {
    const sandbox = makeSandbox(() => ({ code: 1, stdout: 'fetch: 404 Not Found\n' }));
    const result = await buildPackage(ask(sandbox, { policy: policy({ fetchTries: 2 }) }));
    expect(result).toMatchObject({
      outcome: {
        kind: 'failed',
        class: 'package',
        stage: 'fetch',
        reason: 'make fetch exited with 1: fetch: 404 Not Found (tried 2 times)',
      },
    });
    expect(countOf(sandbox, 'checksum')).toBe(0);
    expect(existsSync(join(place.logDir, 'tool-1.0/fetch.log'))).toBe(true);
  });

  it('leaves no part of a file behind, which make would take for the file', async () => {
    const sandbox = makeSandbox(() => {
      putFile(4);
      return { code: 1 };
    });
    await buildPackage(ask(sandbox));
    expect(existsSync(join(distdir, NAME))).toBe(false);
  });

  it('begins anew where an earlier fetch was cut short', async () => {
    putOldFile(4);
    const seen: boolean[] = [];
    const sandbox = makeSandbox(() => {
      seen.push(existsSync(join(distdir, NAME)));
      putFile(10);
      return {};
    });
    expect(await buildPackage(ask(sandbox))).toMatchObject({ outcome: { kind: 'built' } });
    expect(seen).toEqual([false]);
  });

  it('is no success when the file is not as long as distinfo says, whatever make says', async () => {
    const sandbox = makeSandbox(() => {
      putFile(17);
      return {};
    });
    expect(await buildPackage(ask(sandbox))).toMatchObject({
      outcome: { stage: 'fetch', reason: `make fetch passed, but ${NAME} is not as long as distinfo says` },
    });
    expect(existsSync(join(distdir, NAME))).toBe(false);
  });

  it('never touches a file that was there with another content: that is for its owner to judge', async () => {
    putOldFile(17);
    const sandbox = makeSandbox(() => ({}), { checksum: () => ({ code: 1, stdout: 'checksum mismatch\n' }) });
    expect(await buildPackage(ask(sandbox))).toMatchObject({ outcome: { stage: 'checksum' } });
    expect(existsSync(join(distdir, NAME))).toBe(true);
  });

  it('ends at once when the agent stops it in a pause, and is no failure then', async () => {
    const stop = new AbortController();
    const sandbox = makeSandbox(() => {
      setTimeout(() => stop.abort(), 20);
      return { code: 1 };
    });
    const fetchPause = { firstMs: 3_600_000, factor: 1, capMs: 3_600_000 };
    const result = await buildPackage(
      ask(sandbox, { signal: stop.signal, policy: policy({ fetchTries: 2, fetchPause }) }),
    );
    expect(result).toMatchObject({ kind: 'trouble', trouble: 'killed' });
  });

  it('is done once for two packages that share a file', async () => {
    const running = { now: 0, most: 0, tries: 0 };
    const fetch = async (): Promise<Answer> => {
      running.now += 1;
      running.tries += 1;
      running.most = Math.max(running.most, running.now);
      putFile(4);
      await new Promise((resolve) => setTimeout(resolve, 50));
      putFile(10);
      running.now -= 1;
      return {};
    };
    const other = record({ pkgname: checkPkgName('tool2-1.0'), pkgpath: checkPkgPath('devel/tool2') });
    mkdirSync(join(pkgsrc, 'devel/tool2'));
    await Promise.all([
      buildPackage(ask(makeSandbox(fetch))),
      buildPackage(ask(makeSandbox(fetch), { record: other })),
    ]);
    expect(running).toEqual({ now: 0, most: 1, tries: 1 });
  });

  it('is done after all for a package that lists no file but cannot do without', async () => {
    let isFetched = false;
    const sandbox = new FakeSandbox(
      answerLikeTree({
        fetch: () => {
          isFetched = true;
          return {};
        },
        checksum: () => ({ code: isFetched ? 0 : 1 }),
      }),
    );
    expect(await buildPackage(request(place, { sandbox }))).toMatchObject({ outcome: { kind: 'built' } });
    expect(countOf(sandbox, 'checksum')).toBe(2);
  });

  it('is asked of make each time when names of files could lead elsewhere', async () => {
    const sandbox = makeSandbox(() => ({}), {
      'show-vars': (command) =>
        answerVariables(command, { DISTDIR: distdir, DISTFILES: '../x', _ALLFILES: '../x' }),
    });
    await buildPackage(ask(sandbox));
    expect(countOf(sandbox, 'fetch')).toBe(1);
    expect(sandbox.commands.some(({ argv }) => argv[0] === '/bin/rm')).toBe(false);
  });
});
