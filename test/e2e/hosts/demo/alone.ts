import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { createNet } from '../net.ts';
import { type Repository, readRepository } from '../packages.ts';
import type { ProgramEnd } from '../program.ts';
import type { Story } from './story.ts';

/** What one host makes of the tree, with nobody else there. */
export interface Alone {
  readonly repository: Repository;
  /** The line with the counts of the build. */
  readonly headline: string;
}

export const buildAlone = async (dir: string, tree: string, story: Story): Promise<Alone> => {
  const place = join(dir, 'content');
  const net = await createNet({ dir, hosts: 1, place });
  try {
    const host = net.host(1);
    const run = async (...words: readonly string[]): Promise<ProgramEnd> => {
      const end = await host.bulkmesh(...words).ended;
      if ((end.code ?? 2) > 1) throw new Error(`bulkmesh ${words.join(' ')}: ${end.stdout}${end.stderr}`);
      return end;
    };
    const config = ['--config', join(place, 'bulkmesh.toml')];
    await run('init', place, '--prefix', '/usr/pkg', '--user', 'nobody', '--slots', '4');
    await cp(tree, host.path('pkgsrc'), { recursive: true });
    await run(...config, 'bootstrap', '--force');
    const { stdout } = await run(...config, 'build');
    const headline = findHeadline(stdout);
    story.say(headline);
    return { headline, repository: await readRepository(host.path('packages/All')) };
  } finally {
    await net.destroy();
  }
};

/** `Build complete: 39 of 56 packages built, ...` without what differs with the way to it. */
export const findHeadline = (output: string): string => /^Build \w+: .*$/m.exec(output)?.[0] ?? 'no summary';
