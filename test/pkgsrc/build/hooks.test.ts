import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../src/pkgsrc/build/build.ts';
import type { BuildPolicy } from '../../../src/pkgsrc/build/policy.ts';
import { checkPkgName } from '../../../src/pkgsrc/name.ts';
import { type Answer, FakeSandbox } from '../fakesandbox.ts';
import { addPackageFile, answerLikeTree, makePlace, type Place, policy, record, request } from './fixture.ts';

let place: Place;
let warnings: string[];
beforeEach(async () => {
  place = await makePlace();
  warnings = [];
});
afterEach(() => place.remove());

const BEFORE = '/hooks/before';
const AFTER = '/hooks/after';

const makeSandbox = (answers: Readonly<Record<string, Answer>> = {}): FakeSandbox => {
  const answer = answerLikeTree();
  return new FakeSandbox((command) => {
    const word = command.argv.find((one) => answers[one] !== undefined);
    if (word !== undefined) return answers[word] ?? {};
    return command.argv[0]?.startsWith('/hooks/') ? {} : answer(command);
  });
};
const build = (sandbox: FakeSandbox, changes: Partial<BuildPolicy> = {}) =>
  buildPackage(
    request(place, {
      sandbox,
      record: record({ text: 'PKGNAME=tool-1.0\nPKG_LOCATION=devel/tool\n' }),
      policy: policy({ beforePackage: [BEFORE, 'x'], afterPackage: [AFTER], ...changes }),
      onWarning: (line) => warnings.push(line),
    }),
  );
const hooksOf = ({ commands }: FakeSandbox) => commands.filter(({ argv }) => argv[0]?.startsWith('/hooks/'));

describe('the hooks of a package', () => {
  it('run as root inside, before everything and after everything, with its record to read', async () => {
    const sandbox = makeSandbox();
    await addPackageFile(place, 'lib-2.0');
    await buildPackage(
      request(place, {
        sandbox,
        depends: [checkPkgName('lib-2.0')],
        record: record({ text: 'PKGNAME=tool-1.0\nPKG_LOCATION=devel/tool\n' }),
        policy: policy({
          beforePackage: [BEFORE, 'x'],
          afterPackage: [AFTER],
          hookVariables: { BULKMESH_BUILD: 'b1' },
          limits: { ...policy().limits, cpuSeconds: 1 },
        }),
      }),
    );
    expect(sandbox.commands.at(0)).toMatchObject({
      argv: [BEFORE, 'x'],
      cwd: '/',
      user: undefined,
      network: false,
      input: 'PKGNAME=tool-1.0\nPKG_LOCATION=devel/tool\nDEPENDS=lib-2.0\n',
      env: {
        BULKMESH_HOOK: 'before_package',
        BULKMESH_BUILD: 'b1',
        BULKMESH_PKGNAME: 'tool-1.0',
        BULKMESH_PKGPATH: 'devel/tool',
        BULKMESH_SLOT: 'build-1',
      },
    });
    expect(sandbox.commands.at(-1)).toMatchObject({
      argv: [AFTER],
      env: { BULKMESH_HOOK: 'after_package', BULKMESH_RESULT: 'built', BULKMESH_STAGE: '' },
    });
    // The limits are the package's, not the operator's.
    expect(hooksOf(sandbox).map(({ limits }) => limits)).toEqual([undefined, undefined]);
  });

  it('are trouble of the host when the first one fails, and the package is not touched', async () => {
    const sandbox = makeSandbox({ [BEFORE]: { code: 3, stdout: 'mirror is away\n' } });
    expect(await build(sandbox, { afterPackage: [] })).toMatchObject({
      kind: 'trouble',
      trouble: 'hook',
      detail: 'hooks: the hook before_package exited with 3: mirror is away',
    });
    expect(sandbox.commands).toHaveLength(1);
    expect(readFileSync(join(place.logDir, 'tool-1.0/hooks.log'), 'utf8')).toBe('mirror is away\n');
  });

  it('change nothing of a result when the last one fails: that is a warning', async () => {
    const sandbox = makeSandbox({ [AFTER]: { code: 1, stdout: 'no\n' } });
    expect(await build(sandbox)).toMatchObject({ outcome: { kind: 'built' } });
    expect(warnings).toEqual(['tool-1.0: the hook after_package exited with 1: no']);
  });

  it('tell the last one where a package failed', async () => {
    const sandbox = makeSandbox({ configure: { code: 1 } });
    await build(sandbox);
    expect(hooksOf(sandbox).at(-1)?.env).toMatchObject({
      BULKMESH_RESULT: 'failed',
      BULKMESH_STAGE: 'configure',
    });
  });

  it('do not run once the agent stops the build', async () => {
    const stop = new AbortController();
    const sandbox = makeSandbox();
    stop.abort();
    await buildPackage(
      request(place, { sandbox, signal: stop.signal, policy: policy({ afterPackage: [AFTER] }) }),
    );
    expect(hooksOf(sandbox)).toEqual([]);
  });
});
