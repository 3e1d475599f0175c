import { join } from 'node:path';
import type { PackageRun } from './run.ts';
import { READER_ENV, readFileArgv } from './save.ts';

/** What the tools' wrappers wrote may be long; its end is what counts, but nobody reads more than this. */
const WORK_LOG_BYTES_MAX = 16 << 20;

/**
 * Copies WRKDIR/.work.log, where the tool wrappers write what they did, to `work.log` beside the stage logs.
 * A package without one has none; whatever goes wrong is a note, never an error.
 */
export async function rescueWorkLog(run: PackageRun, workDir: string): Promise<void> {
  const { sandbox, signal } = run.request;
  const path = join(workDir, '.work.log');
  try {
    const result = await sandbox.run({
      argv: readFileArgv(path),
      env: READER_ENV,
      cwd: '/',
      user: undefined,
      network: false,
      output: { kind: 'capture', maxBytes: WORK_LOG_BYTES_MAX },
      signal,
    });
    if (result.kind !== 'exited' || result.code !== 0 || result.stdout === '') return;
    await using file = await run.logs.open('work');
    await file.writeFile(result.stdout);
  } catch (error) {
    await run.logs.note(`${path}: ${String(error)}`);
  }
}
