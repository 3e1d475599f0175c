/**
 * Run as root in a mount namespace of its own: a small file system holds the state of an agent, and packages, or others,
 * fill it. Argument: a directory. Prints one line of JSON: what each scene came to.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { slotName } from '../../../src/core/ids.ts';
import { messageOf } from '../../../src/errors.ts';
import type { Sandbox, SandboxSpec } from '../../../src/sandbox/driver.ts';
import { SandboxError } from '../../../src/sandbox/error.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { readProcess } from '../../../src/sandbox/proc.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import { emptySpec, nobody, shell, systemDirs } from './host.ts';
import { readHostState } from './hostState.ts';

const [, , top = ''] = process.argv;
const precious = join(top, 'precious');
mkdirSync(precious);
writeFileSync(join(precious, 'file'), 'of the host\n');
const spec: SandboxSpec = {
  ...emptySpec,
  opaqueDirs: ['/usr/pkg'],
  freshDirs: [{ path: '/work', owner: nobody }],
  workDir: '/work',
};

/** An agent's driver, with its state on a file system of its own. */
async function makeHost(name: string, options: string) {
  const state = join(top, name);
  mkdirSync(state);
  await runTool(['mount', '-t', 'tmpfs', '-o', options, 'none', state]);
  const driver = createLinuxDriver({ stateDir: state, storage: 'disk', systemDirs });
  // What stays for good is there before it is compared.
  await (await driver.prepare(slotName('build-1'), spec)).destroy();
  const look = () => {
    const { bfree, ffree } = statfsSync(state);
    return JSON.stringify({ bfree, ffree, ...readHostState(state, ['98751']) });
  };
  const before = look();
  return { state, driver, isAsBefore: () => look() === before };
}

/** One package's run; says what it printed, and whether the host is as it was when its sandbox is gone. */
async function play(
  name: string,
  options: string,
  text: string,
  meanwhile?: (state: string) => Promise<unknown>,
) {
  const { state, driver, isAsBefore } = await makeHost(name, options);
  const sandbox = await driver.prepare(slotName('build-1'), spec);
  const said = await shell(sandbox, text, { user: nobody });
  const extra = await meanwhile?.(state);
  await sandbox.destroy();
  return { said, extra, isAsBefore: isAsBefore(), precious: readdirSync(precious) };
}

const disk = () =>
  play('disk', 'size=16m', 'dd if=/dev/zero of=/work/big bs=64k 2>&1 | grep -o "No space left on device"');

const inodes = () =>
  play(
    'inodes',
    'nr_inodes=600',
    'cd /work; i=0; while echo >$i; do i=$((i+1)); done 2>&1 | grep -o "No space.*"',
  );

async function memory() {
  const { driver, isAsBefore } = await makeHost('memory', 'size=64m');
  const sandbox: Sandbox = await driver.prepare(slotName('build-1'), spec);
  await sandbox.fit({
    limits: { memoryBytes: undefined, processes: undefined },
    work: { kind: 'memory', sizeBytes: 2 ** 20 },
  });
  const text =
    'dd if=/dev/zero of=/work/big bs=64k 2>&1 | grep -o "No space left on device"; df -k /work | tail -n 1';
  const said = await shell(sandbox, text, { user: nobody });
  await sandbox.destroy();
  return { said: said.replaceAll(/ +/g, ' '), isAsBefore: isAsBefore() };
}

/** Links out of the work area, as deleters have followed them to the host. */
const links = () =>
  play(
    'links',
    'size=16m',
    `ln -s /etc /work/etc; ln -s ${precious} /work/precious; ln -s ../../../../../../../../etc /work/up; ls /work | xargs`,
  );

/** Root of the host mounts something into the slot's layers, where the sandbox's own mounts do not show it. */
const bound = () =>
  play('bound', 'size=16m', 'mkdir /work/deep; echo made', async (state) => {
    const layers = join(state, 'slots/build-1/layers');
    const mine = join(layers, readdirSync(layers)[0] ?? '', 'bound');
    mkdirSync(mine);
    return (await runTool(['mount', '--bind', precious, mine])).ok;
  });

/** A process of the host looks into the slot; it is none of ours. What it holds is free when it has gone. */
async function looker() {
  const { state, driver, isAsBefore } = await makeHost('looker', 'size=16m');
  const sandbox = await driver.prepare(slotName('build-1'), spec);
  const child = spawn('sleep', ['98752'], { cwd: join(state, 'slots/build-1/layers'), stdio: 'ignore' });
  await sandbox.destroy();
  const lives = readProcess(child.pid ?? 0)?.state === 'S';
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { lives, isAsBefore: isAsBefore() };
}

const daemon = () =>
  play(
    'daemon',
    'size=16m',
    "trap '' TERM HUP INT; " +
      '(setsid sh -c \'setsid sh -c "cd /work; exec 9>held; while :; do sleep 0.98751; done" & :\' &); ' +
      'sleep 0.2; ls /work',
  );

/** Room for a part of a sandbox only, from none to nearly enough: it is made, or nothing of it is there. */
async function crowded() {
  const { state, driver, isAsBefore } = await makeHost('crowded', 'size=16m,nr_inodes=4000');
  const filler = join(state, 'filler');
  const said = new Set<string>();
  for (const pages of [0, 1, 2, 3, 5, 8, 13]) {
    writeFileSync(filler, Buffer.alloc((statfsSync(state).bfree - pages) * 4096));
    try {
      await (await driver.prepare(slotName('build-1'), spec)).destroy();
    } catch (error) {
      said.add(error instanceof SandboxError ? error.code : messageOf(error));
    }
    rmSync(filler);
    if (!isAsBefore()) said.add(`left after ${pages}: ${readdirSync(state, { recursive: true })}`);
  }
  const last = await driver.prepare(slotName('build-1'), spec);
  await last.destroy();
  return { said: [...said], isAsBefore: isAsBefore() };
}

const etc = readdirSync('/etc').length;
const scenes = { disk, inodes, memory, links, bound, looker, daemon, crowded };
const told: Record<string, unknown> = {};
for (const [name, scene] of Object.entries(scenes)) told[name] = await scene().catch(messageOf);
const isWhole = readdirSync('/etc').length === etc && existsSync(join(precious, 'file'));
console.log(JSON.stringify({ ...told, isWhole }));
