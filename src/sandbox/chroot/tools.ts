import { type MountEntry, mountsWithin } from '../mounts.ts';
import { runTool, type ToolResult } from '../process.ts';
import { type ChrootSystem, fillTemplate } from './system.ts';

/** What a driver of chroots runs on: a system's table, and who runs its commands. Tests have others than the real ones. */
export interface ChrootTools {
  readonly system: ChrootSystem;
  run(argv: readonly string[]): Promise<ToolResult>;
  /** What is mounted at or below a directory, in the order of mounting. */
  mountsWithin(dir: string): readonly Pick<MountEntry, 'target' | 'options'>[];
}

export function realTools(system: ChrootSystem): ChrootTools {
  return { system, run: (argv) => runTool(argv), mountsWithin: (dir) => mountsWithin(dir) };
}

/** Between the words of one command: no path that a chroot is made of has a control character in it. */
const separator = '\x1f';

/** Each argument is one command, its words set apart; nothing of it is read as shell. */
const batchScript = `
set -f
IFS='${separator}'
for words; do
  kill -0 "$PPID" || exit 1
  set -- $words
  "$@" || exit 1
done
`;

/**
 * Runs commands one after the other in one process of this host: to start each from here costs more than what it does.
 * The rest is left out when this process dies.
 * Throws with what the first that fails said.
 */
export async function runBatch(
  commands: readonly (readonly string[])[],
  { run }: Pick<ChrootTools, 'run'>,
): Promise<void> {
  if (commands.length === 0) return;
  const lines = commands.map((argv) => argv.join(separator));
  const { ok, stderr } = await run(['/bin/sh', '-c', batchScript, 'sh', ...lines]);
  if (!ok) throw new Error(stderr);
}

/** Runs the commands of a table one after the other. Throws with what the first that fails said. */
export async function runAll(
  templates: readonly (readonly string[])[],
  data: Readonly<Record<string, string>>,
  { run }: Pick<ChrootTools, 'run'>,
): Promise<void> {
  for (const template of templates) {
    const argv = fillTemplate(template, data);
    const { ok, stderr } = await run(argv);
    if (!ok) throw new Error(`${argv.join(' ')}: ${stderr}`);
  }
}
