import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WatchTable } from '../../../../src/core/watchdog/table.ts';
import { cutLog, splitLogRoom } from '../../../../src/pkgsrc/build/logcut.ts';
import { Watchdog } from '../../../../src/pkgsrc/build/watch/watchdog.ts';
import { launchCommand } from '../../../../src/sandbox/command.ts';
import type { Command, CommandResult } from '../../../../src/sandbox/driver.ts';
import { killFamilies } from '../../../../src/sandbox/proc.ts';
import { makePlace, type Place } from '../fixture.ts';

const MIB = 1 << 20;
const isLinux = process.platform === 'linux';

let place: Place;
let log: FileHandle;
let notes: string[];
beforeEach(async () => {
  place = await makePlace();
  log = await open(join(place.dir, 'build.log'), 'a');
  notes = [];
});
afterEach(async () => {
  await log.close();
  await place.remove();
});

const noRules: WatchTable = {
  silenceMs: {},
  totalMs: undefined,
  learned: undefined,
  flood: undefined,
  repeatsMax: undefined,
};

/** Runs a shell script on this host under a watchdog. */
async function watch(
  script: string,
  table: Partial<WatchTable>,
  { logBytesMax = 64 * MIB, signal = new AbortController().signal } = {},
  startIt: (command: Command) => Promise<CommandResult> = start,
): Promise<{ readonly result: CommandResult; readonly rule: string | undefined; readonly words: string }> {
  const watchdog = new Watchdog({
    policy: { table: { ...noRules, ...table }, logBytesMax },
    ground: () => ({ stretch: 1, slowestMs: 0, jobsRatio: 1 }),
    note: async (line) => {
      notes.push(line);
    },
  });
  const command: Command = {
    argv: ['/bin/sh', '-c', script],
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
    user: undefined,
    network: false,
    output: { kind: 'log', fd: log.fd },
    signal,
  };
  const watched = { step: 'build', label: 'make all', command, logFd: log.fd, logPath: logPath() };
  const result = await watchdog.guard(watched, startIt);
  const verdict = watchdog.verdictOf(result);
  return { result, rule: verdict?.rule, words: verdict?.words ?? '' };
}

const logPath = (): string => join(place.dir, 'build.log');

const start = (command: Command): Promise<CommandResult> =>
  launchCommand({
    enter: [],
    become: ['/usr/bin/env'],
    command,
    onStart: () => undefined,
    kill: async (leader) => {
      await killFamilies(new Set([leader]));
    },
  });

describe('a command under the watchdog', () => {
  it('is killed when it prints nothing and does nothing, with what its processes were at in the notes', async () => {
    const { result, rule } = await watch('echo begin; sleep 3600 & wait', { silenceMs: { build: 1000 } });
    expect({ kind: result.kind, rule }).toEqual({ kind: 'aborted', rule: 'silence' });
    expect(notes[0]).toMatch(/^build: make all breaks the rule "silence": silent and idle for \d+ s/);
    if (isLinux) expect(notes.join('\n')).toMatch(/pid \d+ of \d+, S, [\d.]+ s CPU.*: sleep 3600/);
  });

  it('is quoted with what it printed last, not with what somebody says of its end', async () => {
    const whoTellsAtItsEnd = async (command: Command): Promise<CommandResult> => {
      const result = await start(command);
      await log.appendFile('Killed\n');
      return result;
    };
    const { words } = await watch(
      'echo building; sleep 3600 & wait',
      { silenceMs: { build: 1000 } },
      {},
      whoTellsAtItsEnd,
    );
    expect(words).toMatch(/^silent and idle for .*, last line: building$/);
  });

  it.skipIf(!isLinux)(
    'is not killed by the plain limit while it works in silence (needs /proc)',
    async () => {
      const busy = 'end=$(($(date +%s) + 3)); while [ "$(date +%s)" -lt "$end" ]; do :; done';
      const { result, rule } = await watch(busy, { silenceMs: { build: 1000 } });
      expect(result).toMatchObject({ kind: 'exited', code: 0 });
      expect(rule).toBeUndefined();
    },
  );

  it('is killed when it never ends, whatever it prints', async () => {
    const { rule, words } = await watch('while echo on; do sleep 0.1; done', {
      silenceMs: { build: 1000 },
      totalMs: 1500,
    });
    expect(rule).toBe('total');
    expect(words).toMatch(/^the package took \d+ s/);
  });

  it('is killed when it prints the same line without end', async () => {
    const { rule } = await watch('exec yes again', { repeatsMax: 100_000 }, { logBytesMax: MIB });
    expect(rule).toBe('repeats');
  });

  it('is killed when it floods its log', async () => {
    const flood = 'i=0; while :; do i=$((i+1)); printf "%08192d\\n" $i; done';
    const { rule } = await watch(flood, { flood: { bytesPerSecond: 1000, forMs: 1000 } });
    expect(rule).toBe('flood');
  });

  it('is nobody but the stopped one when the agent stops it', async () => {
    const abort = new AbortController();
    const running = watch('sleep 3600', { silenceMs: { build: 60_000 } }, { signal: abort.signal });
    await delay(50);
    abort.abort();
    const { result, rule } = await running;
    expect({ kind: result.kind, rule, notes }).toEqual({ kind: 'aborted', rule: undefined, notes: [] });
  });
});

describe('the log of a command', () => {
  it.skipIf(!isLinux)(
    'takes no more room than it may while it grows, and keeps its ends and the count (needs fallocate)',
    async () => {
      const logBytesMax = 4 * MIB;
      // 40 MiB in 10,240 different lines of 4 KiB, never the next 2 MiB before there is room for them.
      const script = `i=0; while [ $i -lt 10240 ]; do
        i=$((i+1)); printf "%04095d\\n" $i
        if [ $((i % 512)) = 0 ]; then
          while [ "$(stat -c %b "${logPath()}")" -gt 16384 ]; do sleep 0.02; done
        fi
      done`;
      const { result, rule } = await watch(script, {}, { logBytesMax });
      expect(result).toMatchObject({ kind: 'exited', code: 0 });
      expect(rule).toBeUndefined();
      const { size, blocks } = await stat(logPath());
      expect(size).toBe(40 * MIB);
      expect(blocks * 512).toBeLessThanOrEqual(8 * MIB);

      await cutLog(logPath(), logBytesMax);
      const lines = (await readFile(logPath(), 'utf8')).split('\n');
      expect(lines[0]).toMatch(/^0*1$/);
      expect(lines.at(-2)).toMatch(/^0*10240$/);
      const { headBytes, tailBytes } = splitLogRoom(logBytesMax);
      expect(lines.join('\n')).toContain(`cut ${size - headBytes - tailBytes} bytes`);
      // Nothing of what was given back shows up as zeros.
      expect(lines.some((line) => line.includes('\0'))).toBe(false);
    },
  );
});
