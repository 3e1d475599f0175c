/** Makes and destroys sandboxes on two slots until it is killed. Argument: state directory. */
import { slotName } from '../../../src/core/ids.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { emptySpec, nobody, shell, systemDirs } from './host.ts';

// Should the test itself be killed, this must not live on.
process.stdin.on('end', () => process.exit(1)).resume();

const [, , stateDir = ''] = process.argv;
const driver = createLinuxDriver({ stateDir, storage: 'disk', systemDirs });

async function churn(name: string): Promise<never> {
  for (;;) {
    const spec = { ...emptySpec, opaqueDirs: ['/usr/pkg'], freshDirs: [{ path: '/work', owner: nobody }] };
    const sandbox = await driver.prepare(slotName(name), spec);
    await shell(sandbox, '(setsid sleep 98784 &); mkdir -p /work/a/b/c /usr/pkg/d; touch /work/x');
    console.log('round');
    await sandbox.destroy();
  }
}

await Promise.all([churn('build-1'), churn('build-2')]);
