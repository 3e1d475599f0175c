/**
 * A program that holds sandboxes as an agent does, and dies by SIGKILL at a fault point. Arguments: state directory, fault
 * point. It makes a slot, runs something that leaves a daemon, and destroys it; it ends with 3 when it never came there.
 */
import { slotName } from '../../../src/core/ids.ts';
import { setFaultHook } from '../../../src/sandbox/faultpoint.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { emptySpec, nobody, run, systemDirs } from './host.ts';

const [, , stateDir = '', point = ''] = process.argv;
// Should the test itself be killed, this must not live on.
process.stdin.on('end', () => process.exit(1));
await new Promise((resolve) => process.stdin.once('data', resolve));

setFaultHook((reached) => {
  if (reached === point) process.kill(process.pid, 'SIGKILL');
});
const driver = createLinuxDriver({ stateDir, storage: 'disk', systemDirs });
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
  "trap '' TERM; (setsid sleep 98770 &); mkdir -p /work/a/b; touch /usr/pkg/x",
]);
await sandbox.destroy();
process.exit(3);
