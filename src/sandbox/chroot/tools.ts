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
