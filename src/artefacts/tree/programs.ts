import { BulkmeshError } from '../../errors.ts';

/** Runs a program to its end, as the sandboxes' `runTool` does; never rejects. */
export type RunProgram = (
  argv: readonly string[],
  cwd?: string,
) => Promise<{ readonly ok: boolean; readonly stdout: string; readonly stderr: string }>;

/** @throws {BulkmeshError} with this code when the program fails */
export const mustRun = async (
  run: RunProgram,
  code: string,
  argv: readonly string[],
  cwd?: string,
): Promise<string> => {
  const { ok, stdout, stderr } = await run(argv, cwd);
  if (ok) return stdout;
  throw new BulkmeshError(code, `${argv[0]} failed: ${stderr.split('\n')[0] ?? ''}`, {
    hint: 'look for free space, and whether tar and zstd are installed',
  });
};
