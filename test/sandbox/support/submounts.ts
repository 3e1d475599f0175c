/**
 * Run in a mount namespace of its own: a system directory with a file system and a file mounted below it, as
 * containers have them. Prints what a sandbox shows there. Argument: a directory.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import { emptySpec, shell, slot, systemDirs } from './host.ts';

const [, , dir = ''] = process.argv;
const tree = `${dir}/sys`;
mkdirSync(`${tree}/fs/below`, { recursive: true });
mkdirSync(`${dir}/state`, { recursive: true });
writeFileSync(`${tree}/file`, 'hidden\n');
writeFileSync(`${dir}/source`, 'from the bind\n');
await runTool(['mount', '-t', 'tmpfs', 'none', `${tree}/fs`]);
await runTool(['mount', '--bind', `${dir}/source`, `${tree}/file`]);
writeFileSync(`${tree}/fs/x`, 'from the tmpfs\n');

const driver = createLinuxDriver({
  stateDir: `${dir}/state`,
  storage: 'disk',
  systemDirs: [...systemDirs, tree],
});
const sandbox = await driver.prepare(slot, emptySpec);
process.stdout.write(
  await shell(
    sandbox,
    `cat ${tree}/fs/x ${tree}/file; echo dropped | tee ${tree}/fs/x >${tree}/file; cat ${tree}/file`,
  ),
);
await sandbox.destroy();
if (readFileSync(`${tree}/fs/x`, 'utf8') !== 'from the tmpfs\n') console.log('the host changed');
