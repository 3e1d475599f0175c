import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PbulkConf, readPbulkConf } from '../../../src/pkgsrc/pbulkconf/read.ts';

const users = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
const probe = spawnSync('unshare', [...users, '--mount', '--net', '--pid', '--fork', 'true']);

/** Why shell fragments cannot be confined here; undefined where they can. */
export const noConfinement: string | undefined =
  process.platform === 'linux' && probe.status === 0 ? undefined : 'no namespaces on this host';

/** For the title of a suite: says loudly what is skipped, and why. */
export const confinedTitle = (title: string): string =>
  noConfinement === undefined ? title : `${title} (SKIPPED: ${noConfinement})`;

/** Reads a text as the pbulk.conf of a directory that is gone afterwards; `$DIR` in the text is that directory. */
export const readText = async (text: string | Buffer, isTrusted = false): Promise<PbulkConf> => {
  const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-pbulk-'));
  const file = join(dir, 'pbulk.conf');
  try {
    writeFileSync(file, typeof text === 'string' ? text.replaceAll('$DIR', dir) : text);
    return await readPbulkConf(file, { isTrusted });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};
