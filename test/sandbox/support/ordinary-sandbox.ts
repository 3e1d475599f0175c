/**
 * Run by an account without rights: makes a sandbox, runs shell texts in it, destroys it. Arguments: directory with
 * `state` in it, storage, then the texts; one that begins with `user ` runs as the build user, with `net ` on the
 * host's network, one that begins with `layer ` as root, and what it made is kept as a layer and shown. The work area lies
 * in memory where the storage is `memory`. Prints a JSON list: what each printed, at last what is left on the host.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { enterArgv, findSlot } from '../../../src/sandbox/enter.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import { leftovers, shell, slot, systemDirs } from './host.ts';

const [, , dir = '', storage = 'disk', ...texts] = process.argv;
const stateDir = join(dir, 'state');
const accesses = ['ro', 'rw', 'scratch'] as const;
for (const access of accesses) {
  mkdirSync(join(dir, access), { recursive: true });
  writeFileSync(join(dir, access, 'file'), 'of the host\n');
}
const user = { name: 'builder', uid: 4321, gid: 4322, home: '/home/builder' };
const driver = createLinuxDriver({
  stateDir,
  storage: storage === 'tmpfs' ? 'tmpfs' : 'disk',
  systemDirs,
  layersBytesMax: 2 ** 30,
});
const sandbox = await driver.prepare(slot, {
  kitDir: undefined,
  opaqueDirs: ['/usr/pkg'],
  shares: accesses.map((access) => ({ source: join(dir, access), target: `/${access}`, access })),
  freshDirs: [{ path: '/work', owner: user }],
  workDir: '/work',
});
if (storage === 'memory')
  await sandbox.fit({
    limits: { memoryBytes: undefined, processes: undefined },
    work: { kind: 'memory', sizeBytes: 1 << 20 },
  });
const told: unknown[] = [];
for (const text of texts) {
  const [, mode = '', words = ''] = /^(user |net |enter |layer )?(.*)$/s.exec(text) ?? [];
  if (mode === 'enter ') {
    const pid = findSlot(stateDir, slot).pid ?? 0;
    const done = await runTool(enterArgv(pid, ['sh', '-c', words]));
    told.push(done.stdout + done.stderr);
  } else if (mode === 'layer ') {
    await sandbox.layers?.open([]);
    await sandbox.layers?.record();
    await shell(sandbox, words);
    await sandbox.killAll();
    told.push((await sandbox.layers?.keep(words)) ?? 'kept');
  } else {
    told.push(
      await shell(sandbox, words, mode === 'user ' ? { user, cwd: '/work' } : { network: mode === 'net ' }),
    );
  }
}
await sandbox.destroy();
told.push(leftovers(stateDir));
console.log(JSON.stringify(told));
