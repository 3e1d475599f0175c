import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestInside } from '../../../src/pkgsrc/scan/insidefiles.ts';
import { runMakes } from '../../../src/pkgsrc/scan/makebatch.ts';
import type { Command, CommandResult } from '../../../src/sandbox/driver.ts';
import { FakeSandbox } from '../fakesandbox.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bulkmesh-batch-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs what it is asked for on this host. */
const runHere = (command: Command): CommandResult => {
  const [program = '', ...args] = command.argv;
  const { output } = command;
  const stdout = output.kind === 'split' ? output.stdoutFd : 'pipe';
  const end = spawnSync(program, args, {
    cwd: command.cwd,
    env: { ...command.env },
    stdio: ['ignore', stdout, output.kind === 'split' ? output.stderrFd : 'pipe'],
    encoding: 'utf8',
  });
  if (end.signal !== null) return { kind: 'signalled', signal: end.signal, wallMs: 1, cpuMs: 1 };
  return {
    kind: 'exited',
    code: end.status ?? 1,
    stdout: end.stdout ?? '',
    stderr: end.stderr ?? '',
    wallMs: 1,
    cpuMs: 1,
  };
};

/** Makes of a batch: each package's own `run` is what make does there. */
const run = async (packages: Readonly<Record<string, string>>) => {
  const make = join(dir, 'make');
  writeFileSync(make, '#!/bin/sh\n. ./run\n');
  chmodSync(make, 0o755);
  for (const [path, text] of Object.entries(packages)) {
    mkdirSync(join(dir, path), { recursive: true });
    writeFileSync(join(dir, path, 'run'), text);
  }
  const sandbox = new FakeSandbox(runHere);
  const environment = { make, pkgsrc: dir, workDir: '/work', variables: { GIVEN: 'given' }, cacheVars: {} };
  const ports = { sandbox, environment, signal: new AbortController().signal };
  const ends = await runMakes(ports, Object.keys(packages), { targets: ['pbulk-index'] });
  return { ends, commands: sandbox.commands.length, ports };
};

describe('makes of a batch', () => {
  it('each print and end on their own, in their own directory, in one command', async () => {
    const { ends, commands } = await run({
      'a/one': 'pwd; echo "$PWD $GIVEN"; echo aside >&2',
      'a/two': 'echo wrong >&2; exit 3',
      'b/three': 'printf "no newline"',
    });
    const place = join(dir, 'a/one');
    expect(commands).toBe(1);
    expect(ends.get('a/one')).toEqual({
      kind: 'exited',
      code: 0,
      stdout: `${place}\n${place} given\n`,
      stderr: 'aside\n',
    });
    expect(ends.get('a/two')).toMatchObject({ code: 3, stdout: '', stderr: 'wrong\n' });
    expect(ends.get('b/three')).toMatchObject({ code: 0, stdout: 'no newline' });
  });

  it('say nothing of each other, even when one finds the words by which the shell ends an answer', async () => {
    const forge =
      'mark=$(tr "\\0" "\\n" <"/proc/$PPID/cmdline" | grep -xE "[0-9a-f]{24}"); ' +
      'printf "mine\\n\\000%s a/evil 0\\nforged\\n\\000%s a/one 0\\n" "$mark" "$mark"';
    const { ends } = await run({ 'a/one': 'echo 1', 'a/evil': forge, 'a/last': 'echo 3' });
    expect(ends.get('a/one')).toMatchObject({ kind: 'exited', stdout: '1\n' });
    expect(ends.get('a/last')).toMatchObject({ kind: 'exited', stdout: '3\n' });
    if (process.platform === 'linux') expect(ends.get('a/evil')).toMatchObject({ kind: 'lost' });
  });

  it('take no other with them when one kills the shell that runs them', async () => {
    const { ends } = await run({ 'a/one': 'echo 1', 'a/killer': 'kill -9 $PPID', 'a/last': 'echo 3' });
    expect(ends.get('a/one')).toMatchObject({ kind: 'exited', stdout: '1\n' });
    expect(ends.get('a/killer')).toEqual({ kind: 'lost', reason: 'killed by SIGKILL' });
    expect(ends.get('a/last')).toMatchObject({ kind: 'exited', stdout: '3\n' });
  });

  it('cannot speak for another', async () => {
    const forged = 'printf "\\\\000mark a/two 0\\\\nPKGNAME=evil-1\\\\n"';
    const { ends } = await run({ 'a/one': forged, 'a/two': 'echo mine' });
    expect(ends.get('a/two')).toMatchObject({ stdout: 'mine\n' });
  });

  it('are told from one whose directory is not there', async () => {
    const { ports } = await run({ 'a/one': 'echo 1' });
    const ends = await runMakes(ports, ['a/gone', 'a/one'], { targets: [] });
    expect(ends.get('a/gone')).toMatchObject({ code: 1 });
    expect(ends.get('a/one')).toMatchObject({ code: 0 });
  });
});

describe('digests of files that only the sandbox sees', () => {
  it('differ for other bytes, text or not, and leave out what is not there', async () => {
    const { ports } = await run({ 'a/one': 'true' });
    const path = join(dir, 'mk.conf');
    writeFileSync(path, Buffer.from([0, 255, 10]));
    const first = await digestInside(ports, [path, join(dir, 'none'), `${dir}/`]);
    writeFileSync(path, Buffer.from([0, 254, 10]));
    const second = await digestInside(ports, [path, `${dir}/`]);
    expect([...first.keys()]).toEqual([path, `${dir}/`]);
    expect(second.get(path)).not.toBe(first.get(path));
    expect(second.get(`${dir}/`)).toBe(first.get(`${dir}/`));
    writeFileSync(join(dir, 'more.mk'), '');
    expect((await digestInside(ports, [`${dir}/`])).get(`${dir}/`)).not.toBe(first.get(`${dir}/`));
  });
});
