import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WatchTable } from '../../../../src/core/watchdog/table.ts';
import { buildPackage } from '../../../../src/pkgsrc/build/build.ts';
import type { Command, CommandResult } from '../../../../src/sandbox/driver.ts';
import { FakeSandbox } from '../../fakesandbox.ts';
import {
  answerLikeTree,
  answerVariables,
  makePlace,
  type Place,
  policy,
  request,
  STAGE_FILE,
  verbOf,
} from '../fixture.ts';

let place: Place;
beforeEach(async () => {
  place = await makePlace();
});
afterEach(() => place.remove());

/** A command that prints and then does nothing until it is killed. */
const hang = async (command: Command, stdout = ''): Promise<CommandResult> => {
  if (command.output.kind === 'log') writeFileSync(command.output.fd, stdout);
  await new Promise((resolve) => command.signal.addEventListener('abort', resolve));
  return { kind: 'aborted', wallMs: 1, cpuMs: 1 };
};

const watching = (table: Partial<WatchTable>) =>
  policy({ fetchTries: 2, watch: { ...policy().watch, table: { ...policy().watch.table, ...table } } });

describe('a package that a watchdog kills', () => {
  it('is trouble of its stage when it was silent, with the figures and its last line, and leaves evidence', async () => {
    const sandbox = new HangingSandbox({ all: 'compiling\nlinking\n' });
    const silent = watching({ silenceMs: { build: 300 } });
    const result = await buildPackage(request(place, { sandbox, policy: silent }));
    expect(result).toMatchObject({ kind: 'trouble', trouble: 'timeout', stage: 'build' });
    expect(result).toHaveProperty(
      'detail',
      expect.stringMatching(
        /^build: make all: silent and idle for \d+ s \(limit \d+ s\), last line: linking$/,
      ),
    );
    expect(await readFile(join(place.logDir, 'tool-1.0/setup.log'), 'utf8')).toContain(
      'build: make all breaks the rule "silence"',
    );
    expect(sandbox.calls.at(-1)).toBe('killAll');
  });

  it('fails at once when it prints without end: it would do so anywhere', async () => {
    const sandbox = new HangingSandbox({ all: 'again\n'.repeat(5000) });
    const result = await buildPackage(request(place, { sandbox, policy: watching({ repeatsMax: 1000 }) }));
    expect(result).toMatchObject({
      kind: 'ended',
      outcome: { kind: 'failed', class: 'package', stage: 'build' },
    });
    expect(JSON.stringify(result)).toMatch(/printed the same line \d+ times in a row \(limit 1000\)/);
  });

  it('has one time for all of its commands', async () => {
    const slow = async () => {
      await delay(250);
      return {};
    };
    const sandbox = new FakeSandbox((command) => {
      const isSlow = ['configure', 'all', 'stage-install', 'stage-package-create'].includes(verbOf(command));
      return isSlow ? slow() : answerLikeTree()(command);
    });
    const hanging = new HangingSandbox({ 'stage-package-create': '' }, sandbox);
    const result = await buildPackage(
      request(place, { sandbox: hanging, policy: watching({ totalMs: 900 }) }),
    );
    expect(result).toMatchObject({ kind: 'trouble', trouble: 'timeout' });
    expect(JSON.stringify(result)).toContain('the package took 1 s');
  });

  it('is also watched while its file is read', async () => {
    const sandbox = new HangingSandbox({ read: '' });
    const result = await buildPackage(
      request(place, { sandbox, policy: watching({ silenceMs: { save: 300 } }) }),
    );
    expect(result).toMatchObject({ kind: 'trouble', trouble: 'timeout', stage: 'package' });
  });

  it('is not blamed for a hook of the operator’s that hangs', async () => {
    const sandbox = new HangingSandbox({ '': '' });
    const hooked = { ...watching({ silenceMs: { hooks: 300 } }), beforePackage: ['/hook'] };
    const result = await buildPackage(request(place, { sandbox, policy: hooked }));
    expect(result).toMatchObject({ kind: 'trouble', trouble: 'hook' });
  });

  it('is fetched for again when a fetch stands still', async () => {
    const distdir = join(place.dir, 'distfiles');
    const pkgsrc = join(place.dir, 'pkgsrc');
    for (const dir of [distdir, join(pkgsrc, 'devel/tool')]) mkdirSync(dir, { recursive: true });
    const name = 'tool-1.0.tar.gz';
    writeFileSync(join(pkgsrc, 'devel/tool/distinfo'), `$NetBSD$\n\nSize (${name}) = 10 bytes\n`);
    const asked = { DISTDIR: distdir, DISTFILES: name, _ALLFILES: name };
    let tries = 0;
    const base = new FakeSandbox(
      answerLikeTree({
        'show-vars': (command) => answerVariables(command, asked),
        fetch: () => {
          writeFileSync(join(distdir, name), '0123456789');
          return {};
        },
      }),
    );
    const sandbox = new HangingSandbox({}, base, (command) => verbOf(command) === 'fetch' && ++tries === 1);
    const { environment } = request(place);
    const result = await buildPackage(
      request(place, {
        sandbox,
        environment: { ...environment, pkgsrc },
        policy: watching({ silenceMs: { fetch: 100 } }),
      }),
    );
    expect({ result, tries }).toMatchObject({ result: { outcome: { kind: 'built' } }, tries: 2 });
  });
});

/** Hangs at the verbs given, after printing their text, or where `isStuck` says so. */
class HangingSandbox extends FakeSandbox {
  constructor(
    texts: Readonly<Record<string, string>>,
    rest = new FakeSandbox(answerLikeTree()),
    isStuck: (command: Command) => boolean = () => false,
  ) {
    super((command) => {
      const verb = verbOf(command);
      const isPackage = verb !== 'read' || command.argv.includes(STAGE_FILE);
      const text = isPackage ? texts[verb] : undefined;
      return text !== undefined || isStuck(command) ? hang(command, text) : rest.run(command);
    });
  }
}
