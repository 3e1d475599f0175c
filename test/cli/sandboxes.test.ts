import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readProcess } from '../../src/sandbox/proc.ts';
import { type ExampleGround, layExample } from '../e2e/example.ts';
import { noSandboxes, suiteTitle } from '../sandbox/support/host.ts';
import { runCli, startCli } from './run.ts';

const waitMs = 60_000;

describe.skipIf(noSandboxes !== undefined)(suiteTitle('sandboxes of people'), () => {
  let ground: ExampleGround;
  beforeAll(async () => {
    ground = await layExample({ slots: 2 });
  }, waitMs);
  afterAll(async () => {
    await run('destroy', '--all');
    await ground.remove();
  }, waitMs);
  const run = (...args: readonly string[]) => runCli(['sandbox', ...args], { cwd: ground.dir });
  const rooms = async (): Promise<readonly { slot: string; state: string; pid?: number }[]> =>
    JSON.parse((await run('list', '--json')).stdout);
  const slots = (): readonly string[] => readdirSync(join(ground.dir, 'state', 'slots'));
  const hasMounts = (): boolean => readFileSync('/proc/self/mountinfo', 'utf8').includes(ground.dir);
  const holderOf = (slot: string): number => {
    const file = join(ground.dir, 'state/slots', slot, '.bulkmesh-slot');
    return JSON.parse(readFileSync(file, 'utf8')).agent.pid;
  };

  it('are made, entered as root and as the build user, and taken away with their holder', {
    timeout: waitMs,
  }, async () => {
    const made = await run('create', 'mine');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toContain('The sandbox dev-mine is ready.');
    expect(await rooms()).toMatchObject([{ slot: 'dev-mine', state: 'held' }]);
    const again = await run('create', 'mine');
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('dev-mine is there already')]);
    expect(await run('enter', 'mine', '--', 'sh', '-c', 'id -u; exit 7')).toMatchObject({
      code: 7,
      stdout: '0\n',
    });
    expect((await run('enter', '--user', 'mine', 'id', '-un')).stdout).toBe('nobody\n');
    const holder = holderOf('dev-mine');
    expect(await run('destroy', 'mine')).toMatchObject({ code: 0, stdout: 'dev-mine is gone.\n' });
    expect(readProcess(holder)?.state ?? 'Z').toBe('Z');
    expect([slots(), hasMounts()]).toEqual([[], false]);
  });

  it('whose holder was killed are dead, said to be left, and swept', { timeout: waitMs }, async () => {
    await run('create', 'orphan');
    process.kill(holderOf('dev-orphan'), 'SIGKILL');
    while ((await rooms())[0]?.state !== 'left') await delay(20);
    expect((await run('enter', 'orphan', 'true')).stderr).toContain('has no inside to enter (left)');
    expect((await run('destroy', 'orphan')).code).toBe(0);
    expect(slots()).toEqual([]);
  });

  it('say what is wrong with a name or a number before anything is made', { timeout: waitMs }, async () => {
    for (const args of [
      ['create', '../x'],
      ['create', '--hours', '0'],
      ['create', 'a b'],
      ['destroy'],
      ['enter', 'nope'],
    ]) {
      expect((await run(...args)).code, args.join(' ')).toBe(2);
    }
    expect(slots()).toEqual([]);
  });

  it('keep a promise each, which verify tries, and leaves nothing', { timeout: waitMs }, async () => {
    const { code, stdout } = await run('verify');
    expect([code, stdout]).toEqual([0, expect.stringContaining('hold what they promise')]);
    expect(stdout).not.toContain('FAILED');
    expect([slots(), hasMounts()]).toEqual([[], false]);
  });

  it('of a package that failed are kept, and entered where make stopped', {
    timeout: 2 * waitMs,
  }, async () => {
    const built = await runCli(['build', 'broken/fail-build'], { cwd: ground.dir });
    expect(built.code).toBe(1);
    expect(built.stdout).toContain('"bulkmesh sandbox enter fail-build-1.0" leads into its sandbox.');
    expect([slots(), hasMounts()]).toEqual([[], false]);
    const script = 'id -un; pwd; ls src /usr/pkg/lib; echo mine >mark';
    const looked = await run('enter', 'fail-build-1.0', 'sh', '-c', script);
    expect(looked.stdout.split('\n')).toEqual(
      expect.arrayContaining(['nobody', '/work/broken/fail-build/work', 'fail-build.c', 'libstr.so']),
    );
    // What was changed stays; make goes on, and fails as before.
    const again = 'cat mark; cd "$1" && /usr/pkg/bin/bmake all';
    const tree = join(ground.dir, 'pkgsrc/broken/fail-build');
    const tried = await run('enter', 'fail-build-1.0', 'sh', '-c', again, 'sh', tree);
    expect(tried.code).not.toBe(0);
    expect(tried.stdout).toMatch(/^mine\n/);
    expect(tried.stdout + tried.stderr).toContain('str_reverse');
    expect([slots(), hasMounts()]).toEqual([[], false]);
  });

  it('that are kept are joined by a second visitor, and survive a kill -9 of the first', {
    timeout: waitMs,
  }, async () => {
    const first = startCli(['sandbox', 'enter', 'fail-build-1.0', 'sh', '-c', 'echo in; sleep 100'], {
      cwd: ground.dir,
    });
    await first.waitFor(/in\n/);
    expect((await run('enter', 'fail-build-1.0', 'echo', 'too')).stdout).toBe('too\n');
    const refused = await run('destroy', 'fail-build-1.0');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('somebody is in')]);
    first.child.kill('SIGKILL');
    await first.ended;
    while ((await rooms())[0]?.state !== 'kept') await delay(20);
    expect((await run('enter', 'fail-build-1.0', 'cat', 'mark')).stdout).toBe('mine\n');
    expect([slots(), hasMounts()]).toEqual([[], false]);
    expect((await run('destroy', 'fail-build-1.0')).stdout).toBe('fail-build-1.0 is gone.\n');
    expect(readdirSync(join(ground.dir, 'state/kept'))).toEqual([]);
  });
});
