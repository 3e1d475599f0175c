/** Holds a sandbox with running processes until it is killed. Arguments: state directory, storage. */
import { slotName } from '../../../src/core/ids.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { emptySpec, run, systemDirs } from './host.ts';

// Should the test itself be killed, this must not live on.
process.stdin.on('end', () => process.exit(1)).resume();

const [, , stateDir = '', storage = 'disk'] = process.argv;
const driver = createLinuxDriver({ stateDir, storage: storage === 'tmpfs' ? 'tmpfs' : 'disk', systemDirs });
const sandbox = await driver.prepare(slotName('build-1'), {
  ...emptySpec,
  opaqueDirs: ['/usr/pkg'],
  freshDirs: [{ path: '/work', owner: undefined }],
});
const script = '(setsid sh -c "sleep 98780 & sleep 98781" &); touch /work/file; echo up; sleep 98782';
const running = run(sandbox, ['sh', '-c', script], { output: { kind: 'log', fd: 1 } });
const other = run(sandbox, ['sleep', '98783'], { network: true, output: { kind: 'log', fd: 1 } });
await Promise.all([running, other]);
