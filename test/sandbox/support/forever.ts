/** Prepares a sandbox, starts a program in it that ends by no signal but one, says so and lives until it is killed. */
import { slotName } from '../../../src/core/ids.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { emptySpec, shell, systemDirs } from './host.ts';

const [stateDir = ''] = process.argv.slice(2);
const driver = createLinuxDriver({ stateDir, storage: 'disk', systemDirs });
const sandbox = await driver.prepare(slotName('build-1'), emptySpec);
await shell(sandbox, 'setsid sh -c "trap \\"\\" TERM HUP; while :; do sleep 1; done" >/dev/null 2>&1 &');
process.stdout.write('ready\n');
setInterval(() => undefined, 1000);
