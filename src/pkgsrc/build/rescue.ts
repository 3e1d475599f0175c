import { join } from 'node:path';
import { READER_ENV, readEndArgv } from './reader.ts';
import type { PackageRun } from './run.ts';

/** What the tools' wrappers wrote may be long; its end is what counts, and nobody reads more than this. */
const WORK_LOG_BYTES_MAX = 16 << 20;
const READ_MS_MAX = 60_000;

/**
 * Copies the end of WRKDIR/.work.log, where the tool wrappers write what they did, to `work.log` beside the
 * stage logs. The build user reads it: whatever lies there or above it, the log holds nothing that the package
 * could not have printed itself. A package without one has none; whatever goes wrong is a note, never an error.
 */
export async function rescueWorkLog(run: PackageRun, workDir: string): Promise<void> {
  const { sandbox, signal, user } = run.request;
  const path = join(workDir, '.work.log');
  try {
    const result = await sandbox.run({
      argv: readEndArgv(path, WORK_LOG_BYTES_MAX),
      env: READER_ENV,
      cwd: '/',
      user,
      network: false,
      output: { kind: 'capture', maxBytes: WORK_LOG_BYTES_MAX },
      signal: AbortSignal.any([signal, AbortSignal.timeout(READ_MS_MAX)]),
    });
    if (result.kind !== 'exited' || result.code !== 0 || result.stdout === '') return;
    await using file = await run.logs.open('work');
    await file.writeFile(result.stdout);
  } catch (error) {
    await run.logs.note(`${path}: ${String(error)}`);
  }
}
