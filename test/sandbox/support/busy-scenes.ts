/**
 * Run as root in a mount namespace of its own: what stands in the way of taking a place away, played for real. Argument:
 * a directory. Prints one line of JSON: what each scene came to.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../src/errors.ts';
import { killOccupants } from '../../../src/sandbox/cleanup/occupants.ts';
import { cleanPlace, type Place } from '../../../src/sandbox/cleanup/place.ts';
import { hostUnmountTools } from '../../../src/sandbox/cleanup/tools.ts';
import { mountsWithin } from '../../../src/sandbox/mounts.ts';
import { isRunning, readProcess } from '../../../src/sandbox/proc.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import { waitUntil } from './host.ts';

const [, , top = ''] = process.argv;
const quick = { ...hostUnmountTools, waitMs: 8, waitMaxMs: 64, limitMs: 300 };

/** A slot with a file system mounted on `m`, and what it is made of outside. */
async function makePlace(name: string): Promise<{ dir: string; mount: string }> {
  const dir = join(top, 'slots', name);
  const mount = join(dir, 'm');
  mkdirSync(mount, { recursive: true });
  await runTool(['mount', '-t', 'tmpfs', 'none', mount]);
  return { dir, mount };
}

/** Starts a shell text that says `up` when it is there. */
async function start(text: string, ...args: readonly string[]): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', text, 'sh', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

async function tell(place: Place) {
  const said = await cleanPlace(place).then(String, messageOf);
  const { dir } = place;
  return { said: said.replaceAll(top, ''), left: mountsWithin(dir).length, isThere: existsSync(dir) };
}

const isAlive = ({ pid = 0 }: ChildProcess) =>
  readProcess(pid) !== undefined && readProcess(pid)?.state !== 'Z';

/** A tool of our own making, in place of umount(8). */
function fakeTool(name: string, script: string): readonly string[] {
  const path = join(top, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return [path];
}

async function busyForAWhile() {
  const { dir, mount } = await makePlace('while');
  const holder = await start('cd "$1" && echo up && sleep 3', mount);
  const told = await tell({ dir, tools: hostUnmountTools });
  return { ...told, wasKilled: holder.signalCode !== null };
}

async function busyForEver() {
  const { dir, mount } = await makePlace('ever');
  writeFileSync(join(mount, 'file'), '');
  const holder = await start('cd "$1" && echo up && exec sleep 98761', mount);
  const stubborn = await tell({ dir, tools: { ...quick, last: [] } });
  const lazily = await tell({ dir, tools: quick });
  const lives = isAlive(holder);
  holder.kill('SIGKILL');
  return { stubborn, lazily, lives };
}

async function hanging() {
  const { dir } = await makePlace('hanging');
  const plain = fakeTool('hangs', 'exec sleep 98762');
  const told = await tell({ dir, tools: { ...quick, plain, last: [] } });
  const saved = await tell({ dir, tools: { ...quick, plain } });
  return { told, saved };
}

async function lying() {
  const { dir } = await makePlace('lying');
  const lies = fakeTool('lies', 'exit 0');
  const told = await tell({ dir, tools: { ...quick, plain: lies, last: [lies] } });
  const moans = fakeTool('moans', 'umount "$1"; echo "no such thing" >&2; exit 1');
  const done = await tell({ dir, tools: { ...quick, plain: moans, last: [] } });
  return { told, done };
}

async function busyTwice() {
  const { dir } = await makePlace('twice');
  const plain = fakeTool(
    'busy',
    `echo x >>${top}/tries; [ "$(wc -l <${top}/tries)" -gt 2 ] && exec umount "$1"; exit 1`,
  );
  return tell({ dir, tools: { ...quick, plain, last: [] } });
}

/** Bound with all below it from where the host has it: unmounting here must not unmount there. */
async function peers() {
  const { dir, mount } = await makePlace('peers');
  const own = join(top, 'own');
  mkdirSync(own);
  await runTool(['mount', '-t', 'tmpfs', 'none', own]);
  await runTool(['mount', '--make-shared', own]);
  mkdirSync(join(own, 'below'));
  await runTool(['mount', '-t', 'tmpfs', 'none', join(own, 'below')]);
  writeFileSync(join(own, 'below/precious'), '');
  await runTool(['mount', '--rbind', own, mount]);
  const told = await tell({ dir, tools: quick });
  return { ...told, kept: existsSync(join(own, 'below/precious')) };
}

/** A writable directory of the host, mounted into the slot by somebody else. */
async function bound() {
  const { dir, mount } = await makePlace('bound');
  const own = join(top, 'precious');
  mkdirSync(own);
  writeFileSync(join(own, 'file'), '');
  await runTool(['mount', '--bind', own, mount]);
  mkdirSync(join(dir, 'deep/er'), { recursive: true });
  await runTool(['mount', '--bind', own, join(dir, 'deep/er')]);
  const told = await tell({ dir, tools: quick });
  return { ...told, kept: readdirSync(own) };
}

/** Who is inside is killed, whatever ties it there; who only sees a mount of the same file system is not. */
async function occupied() {
  const { dir, mount } = await makePlace('occupied');
  const chroot = join(mount, 'root');
  mkdirSync(chroot);
  await runTool(['mount', '--bind', '/', chroot]);
  await runTool(['cp', '/bin/sleep', join(mount, 'program')]);
  const deaf = "trap '' TERM HUP INT; ";
  const inside = await Promise.all([
    start(`${deaf}cd "$1" && echo up && while :; do sleep 0.98763; done`, mount),
    start(`${deaf}exec 9>"$1/held"; cd /; echo up; while :; do sleep 0.98763; done`, mount),
    start('echo up; exec chroot "$1" sleep 98763', chroot),
    start('echo up; exec "$1/program" 98763', mount),
  ]);
  const daemon = await start(
    '(setsid sh -c "trap : TERM; cd $1; while :; do sleep 0.98763; done" &) ; sleep 0.1; echo up',
    mount,
  );
  const beside = join(top, 'beside');
  mkdirSync(beside);
  await runTool(['mount', '--bind', mount, beside]);
  const others = await Promise.all([
    start('cd "$1" && echo up && exec sleep 98764', beside),
    start('cd "$1" && echo up && exec sleep 98764', top),
  ]);
  await waitUntil(() => readProcess(inside[3]?.pid ?? 0) !== undefined);
  let killed = 0;
  const kill = async () => {
    killed += await killOccupants(dir);
  };
  const told = await tell({ dir, kill, tools: quick });
  await waitUntil(() => !inside.some(isAlive));
  const result = { ...told, inside: inside.map(isAlive), others: others.map(isAlive), enough: killed >= 5 };
  for (const child of [...others, daemon]) child.kill('SIGKILL');
  await runTool(['umount', '-l', beside]);
  return result;
}

// The parent of this program sits in the place of one scene: it must live on.
const parent = { pid: process.ppid, startTicks: readProcess(process.ppid)?.startTicks ?? 0 };
async function ancestors() {
  const dir = join(top, 'slots/ancestors');
  const killed = await killOccupants(dir);
  return { killed, lives: isRunning(parent) };
}

const scenes = { busyForAWhile, busyForEver, hanging, lying, busyTwice, peers, bound, occupied, ancestors };
const told = await Promise.all(
  Object.entries(scenes).map(async ([name, play]) => [name, await play().catch(messageOf)] as const),
);
console.log(JSON.stringify({ ...Object.fromEntries(told), slots: readdirSync(join(top, 'slots')) }));
