/**
 * Run as root in a mount namespace of its own: kills an agent with driver mounts at each of its steps, sweeps, and tells
 * what is left then. Argument: a directory. Prints one line of JSON: by step how the agent ended and what was left.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chrootFaultPoints } from '../../../src/sandbox/faultpoint.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import { emptySpec, listLeft, mountsDriver, slot } from './chroot-place.ts';
import { readHostState } from './hostState.ts';

const [, , top = ''] = process.argv;
// In memory: what is copied for each sandbox is then no matter of the disk.
await runTool(['mount', '-t', 'tmpfs', 'none', top]);
const dir = join(top, 'agent');
const doomed = fileURLToPath(new URL('./doomed.ts', import.meta.url));
const env = { ...process.env, NODE_COMPILE_CACHE: join(dir, 'compiled') };
const stateDir = join(dir, 'state');
mkdirSync(join(dir, 'chroot'), { recursive: true });
const driver = mountsDriver(dir, { chrootDir: join(dir, 'chroot/root') });
await (await driver.prepare(slot, emptySpec)).destroy();
const seconds = '98710001';
const look = () => JSON.stringify(readHostState(stateDir, [seconds, join(dir, 'chroot')]));
const before = look();

const told: Record<string, unknown> = {};
for (const point of chrootFaultPoints) {
  const child = spawn(process.execPath, [doomed, stateDir, point, seconds, 'mounts', dir], {
    env,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const [, signal] = await once(child, 'exit');
  const { left } = await driver.sweep();
  const isAsBefore = look() === before;
  told[point] = { signal, left, isAsBefore, rest: listLeft(dir) };
}
await (await driver.prepare(slot, emptySpec)).destroy();
console.log(JSON.stringify({ ...told, rest: listLeft(dir) }));
