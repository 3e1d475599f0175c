/**
 * A program that holds a sandbox as an agent does, and dies by SIGKILL at a fault point. Arguments: state directory,
 * fault point, how long its daemon sleeps. It makes a slot, runs something that leaves a daemon, and destroys it; it
 * ends with 3 when it never came to the point. Further arguments: `mounts` and a directory, for that driver with its
 * roots beside its state.
 */
import { flushCompileCache } from 'node:module';
import { slotName } from '../../../src/core/ids.ts';
import { setFaultHook } from '../../../src/sandbox/faultpoint.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { mountsDriver } from './chroot-place.ts';
import { emptySpec, nobody, run, systemDirs } from './host.ts';

const [, , stateDir = '', point = '', seconds = '', other, dir = ''] = process.argv;
// Who is killed keeps nothing for the next one by itself.
flushCompileCache();
// Should the test itself be killed, this must not live on.
process.stdin.on('end', () => process.exit(1));
process.stdin.resume();

setFaultHook((reached) => {
  if (reached === point) process.kill(process.pid, 'SIGKILL');
});
const driver =
  other === 'mounts'
    ? mountsDriver(dir, { chrootDir: `${dir}/chroot/root` })
    : createLinuxDriver({ stateDir, storage: 'disk', systemDirs });
const sandbox = await driver.prepare(slotName('build-1'), {
  ...emptySpec,
  opaqueDirs: ['/usr/pkg'],
  workDir: '/work',
  freshDirs: [{ path: '/work', owner: nobody }],
});
await sandbox.fit({
  limits: { memoryBytes: undefined, processes: undefined },
  work: { kind: 'memory', sizeBytes: 2 ** 20 },
});
await run(sandbox, [
  'sh',
  '-c',
  `trap '' TERM; (setsid sleep ${seconds} &); mkdir -p /work/a/b; touch /usr/pkg/x`,
]);
await sandbox.destroy();
process.exit(3);
