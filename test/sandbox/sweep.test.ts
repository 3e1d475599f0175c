import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trashName } from '../../src/sandbox/cleanup/place.ts';
import { createLinuxDriver } from '../../src/sandbox/linux/driver.ts';
import { ownProcess } from '../../src/sandbox/proc.ts';
import { sweepSlots } from '../../src/sandbox/sweep.ts';
import * as host from './support/host.ts';

const holder = fileURLToPath(new URL('./support/holder.ts', import.meta.url));

const churner = fileURLToPath(new URL('./support/churner.ts', import.meta.url));
const rounds = Number(process.env.BULKMESH_TEST_ROUNDS ?? 5);

let stateDir: string;
beforeEach(() => {
  stateDir = host.makeStateDir();
});
afterEach(() => host.removeTempDir(dirname(stateDir)));

async function killHard(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function startHolder(storage: string) {
  const child = spawn(process.execPath, [holder, stateDir, storage], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await host.waitUntil(() => said.includes('up\n') && host.processesWith('98783').length > 0);
  return child;
}

describe.skipIf(host.noSandboxes !== undefined)(host.suiteTitle('after kill -9 of the agent'), () => {
  it.each(['disk', 'tmpfs'])(
    'no process and no mount of its sandboxes is left, and a sweep removes the rest (%s)',
    async (storage) => {
      const child = await startHolder(storage);
      expect(host.processesWith(`${stateDir}/slots`).length).toBeGreaterThan(4);
      await killHard(child);
      await host.waitUntil(() => host.processesWith(`${stateDir}/slots`).length === 0);
      expect(host.processesWith('9878')).toEqual([]);
      expect(host.leftovers(stateDir)).toEqual(['entry build-1']);
      const driver = createLinuxDriver({ stateDir, storage: 'disk', systemDirs: host.systemDirs });
      await expect(driver.prepare(host.slot, host.emptySpec)).rejects.toMatchObject({ code: 'SANDBOX_BUSY' });
      expect(await driver.sweep()).toEqual({
        processesKilled: 0,
        mountsRemoved: 0,
        directoriesRemoved: 1,
        left: [],
      });
      expect(host.leftovers(stateDir)).toEqual([]);
    },
  );

  it('that dies at any instant of making and destroying, the next life starts clean', {
    timeout: rounds * 60_000,
  }, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const child = spawn(process.execPath, [churner, stateDir], { stdio: ['pipe', 'pipe', 'inherit'] });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await delay(Math.random() * 300);
      await killHard(child);
      await host.waitUntil(() => host.processesWith(`${stateDir}/slots`).length === 0);
      expect(host.leftovers(stateDir).filter((line) => !line.startsWith('entry'))).toEqual([]);
      expect((await sweepSlots(stateDir, new Set())).left).toEqual([]);
      expect(host.leftovers(stateDir)).toEqual([]);
    }
  });

  it('a sweep leaves the slots of an agent that still runs alone', async () => {
    const child = await startHolder('disk');
    const report = await sweepSlots(stateDir, new Set());
    expect(report.directoriesRemoved).toBe(0);
    expect(report.left).toEqual([expect.stringContaining(`the agent with pid ${child.pid} still runs`)]);
    expect(host.processesWith('98782')).not.toEqual([]);
    await killHard(child);
    await host.waitUntil(() => host.processesWith(`${stateDir}/slots`).length === 0);
    expect((await sweepSlots(stateDir, new Set())).left).toEqual([]);
  });

  it('a sweep kills what lives on in a mount namespace that shows the slot, though no record names it', async () => {
    const slotDir = `${stateDir}/slots/build-1`;
    for (const name of ['l', 'u', 'w', 'm']) mkdirSync(`${slotDir}/${name}`, { recursive: true });
    writeFileSync(`${slotDir}/.bulkmesh-slot`, '');
    const script = 'mount -t overlay o -o lowerdir=$1/l,upperdir=$1/u,workdir=$1/w $1/m && exec sleep 98790';
    spawn(
      'unshare',
      ['--mount', '--pid', '--fork', '--propagation', 'private', 'sh', '-c', script, 'x', slotDir],
      {
        stdio: 'ignore',
      },
    );
    await host.waitUntil(() => host.processesWith('sleep\x0098790').length > 0);
    const report = await sweepSlots(stateDir, new Set());
    expect(report).toEqual({ processesKilled: 1, mountsRemoved: 0, directoriesRemoved: 1, left: [] });
    expect(host.leftovers(stateDir)).toEqual([]);
  });
});

describe('a sweep', () => {
  const record = { format: 1, driver: 'linux', slot: 'x', boot: 'an earlier one', agent: ownProcess() };

  it('removes what carries our mark, empty beginnings, trash and half-unpacked kits, and nothing else', async () => {
    const slots = `${stateDir}/slots`;
    for (const name of ['build-1', 'build-2', 'empty', '.trash-old', 'foreign', 'live'])
      mkdirSync(`${slots}/${name}/in`, { recursive: true });
    writeFileSync(`${slots}/build-1/.bulkmesh-slot`, JSON.stringify(record));
    writeFileSync(`${slots}/build-2/.bulkmesh-slot`, '{"torn');
    mkdirSync(`${slots}/begun`);
    writeFileSync(`${slots}/live/.bulkmesh-slot`, '');
    writeFileSync(`${slots}/file`, '');
    mkdirSync(`${stateDir}/layers/.new-${'0'.repeat(64)}-4194999-1/usr`, { recursive: true });
    const own = ownProcess();
    mkdirSync(`${stateDir}/layers/.new-${'1'.repeat(64)}-${own.pid}-${own.startTicks}`);
    mkdirSync(`${stateDir}/layers/${'2'.repeat(64)}`);
    const report = await sweepSlots(stateDir, new Set(['live']));
    expect(report.directoriesRemoved).toBe(5);
    expect(report.left).toHaveLength(3);
    expect(readdirSync(slots).sort()).toEqual(['empty', 'file', 'foreign', 'live']);
    expect(readdirSync(`${stateDir}/layers`)).toHaveLength(2);
  });

  it('finds nothing in a state directory that was never used', async () => {
    const nothing = { processesKilled: 0, mountsRemoved: 0, directoriesRemoved: 0, left: [] };
    expect(await sweepSlots(join(stateDir, 'nonesuch'), new Set())).toEqual(nothing);
    expect(existsSync(join(stateDir, 'nonesuch'))).toBe(false);
  });

  it('leaves the trash of slots that this process has, and takes that of those that it has no more', async () => {
    const trash = ['build-1', 'build-2'].map((name) => trashName(name, '0123456789ab'));
    for (const name of trash) mkdirSync(`${stateDir}/slots/${name}/in`, { recursive: true });
    const report = await sweepSlots(stateDir, new Set(['build-1']));
    expect(report).toMatchObject({ directoriesRemoved: 1, left: [] });
    expect(readdirSync(`${stateDir}/slots`)).toEqual([trash[0]]);
  });

  it('goes on when one sweeper fails, and tells what each found', async () => {
    const report = await sweepSlots(stateDir, new Set(), [
      async () => {
        throw new Error('no such hierarchy');
      },
      async () => ({ processesKilled: 2, left: ['a group'], notes: ['less room'] }),
    ]);
    const left = ['no such hierarchy', 'a group'];
    expect(report).toMatchObject({ processesKilled: 2, left, notes: ['less room'] });
  });

  it.skipIf(process.platform !== 'linux')(
    'kills who sits in a slot of driver mounts, where driver linux lets it be',
    async () => {
      for (const driver of ['linux', 'mounts']) {
        const slotDir = `${stateDir}/slots/${driver}`;
        mkdirSync(`${slotDir}/in`, { recursive: true });
        writeFileSync(`${slotDir}/.bulkmesh-slot`, JSON.stringify({ ...record, driver }));
      }
      const sitters = ['linux', 'mounts'].map((name) =>
        spawn('sleep', ['98795'], { cwd: `${stateDir}/slots/${name}/in`, stdio: 'ignore' }),
      );
      await Promise.all(sitters.map((child) => once(child, 'spawn')));
      const report = await sweepSlots(stateDir, new Set());
      expect(report).toMatchObject({ processesKilled: 1, directoriesRemoved: 2, left: [] });
      await host.waitUntil(() => sitters[1]?.signalCode === 'SIGKILL');
      expect(sitters.map((child) => child.signalCode)).toEqual([null, 'SIGKILL']);
      if (sitters[0] !== undefined) await killHard(sitters[0]);
    },
  );
});
