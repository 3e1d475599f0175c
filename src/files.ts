import { open } from 'node:fs/promises';

/** Makes a rename within `dir` outlive a loss of power. */
export async function syncDirectory(dir: string): Promise<void> {
  await using handle = await open(dir, 'r');
  await handle.sync();
}
