import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptySpec, listLeft, nobody, refusal, scriptDriver, slot, tell } from './chroot-place.ts';
import { foundingScripts } from './founding.ts';

/** A program that does, after the one that is usual, what the text says with `$1`. */
function twist(dir: string, name: string, usual: readonly string[], text: string): string[] {
  const path = join(dir, name);
  writeFileSync(
    path,
    `#!/bin/sh\n${usual.length === 0 ? '' : `${usual.join(' ')} "$1" || exit 1\n`}${text}\n`,
  );
  chmodSync(path, 0o755);
  return [path];
}

const prefixSpec = { ...emptySpec, opaqueDirs: ['/usr/pkg'] };

/** Scenes of driver `script`. */
export const scriptScenes: Readonly<Record<string, (dir: string) => Promise<unknown>>> = {
  'script-works': async (dir) => {
    const [create, remove] = foundingScripts(dir);
    const kit = join(dir, 'kit');
    mkdirSync(join(kit, 'usr/pkg/bin'), { recursive: true });
    writeFileSync(join(kit, 'usr/pkg/bin/tool'), 'from the kit');
    const old = twist(dir, 'create', create, 'mkdir -p "$1/usr/pkg/old/er"');
    const sandbox = await scriptDriver(dir, old, remove).prepare(slot, {
      kitDir: kit,
      opaqueDirs: ['/usr/pkg', '/var/db/pkg'],
      shares: [{ source: join(dir, 'content'), target: '/content', access: 'rw' }],
      freshDirs: [{ path: '/work', owner: nobody }],
    });
    const during = listLeft(dir).filter((line) => !line.startsWith('mount'));
    const inside = await tell(sandbox, 'ls /usr/pkg /var/db/pkg; cat /usr/pkg/bin/tool; touch /content/seen');
    const user = await tell(sandbox, 'id -u; touch /work/mine && echo mine', nobody);
    await sandbox.destroy();
    return { during, inside, user, seen: existsSync(join(dir, 'content/seen')), left: listLeft(dir) };
  },

  /** Removers that say that all went well. */
  'script-lies': async (dir) => {
    const [create] = foundingScripts(dir);
    writeFileSync(join(dir, 'content/precious'), 'kept');
    const ends: unknown[] = [];
    for (const text of [
      'exit 0',
      'echo no; exit 1',
      'umount "$1/proc"; exit 0',
      'rmdir "$1" 2>/dev/null; exit 0',
    ]) {
      const remove = twist(dir, 'remove', [], text);
      const sandbox = await scriptDriver(dir, create, remove).prepare(slot, emptySpec);
      await tell(sandbox, '(setsid sh -c "exec >/dev/null 2>&1; cd /content; sleep 98120" &)');
      ends.push(await refusal(sandbox.destroy()), ...listLeft(dir));
    }
    return { ends, kept: readFileSync(join(dir, 'content/precious'), 'utf8') };
  },

  'script-fails': async (dir) => {
    const [create, remove] = foundingScripts(dir);
    const outside = join(dir, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'precious'), 'kept');
    const attempts: readonly (readonly [name: string, create: string[]])[] = [
      ['says why', twist(dir, 'a', [], 'mkdir "$1"; echo the pool is full >&2; exit 3')],
      ['makes nothing', twist(dir, 'b', [], 'exit 0')],
      ['makes a link', twist(dir, 'c', [], `ln -s ${outside} "$1"`)],
      ['mounts there', twist(dir, 'd', create, `mkdir "$1/usr/pkg"; mount --bind ${outside} "$1/usr/pkg"`)],
      ['links there', twist(dir, 'e', create, `ln -s ${outside} "$1/usr/pkg"`)],
      ['lets others write', twist(dir, 'f', create, 'chmod 777 "$1"')],
    ];
    const ends: unknown[] = [];
    for (const [name, program] of attempts) {
      const said = await refusal(scriptDriver(dir, program, remove).prepare(slot, prefixSpec));
      ends.push([name, said, ...listLeft(dir)]);
    }
    const share = { source: outside, target: '/elsewhere', access: 'ro' } as const;
    const spec = { ...emptySpec, shares: [share] };
    ends.push([
      'shows too little',
      await refusal(scriptDriver(dir, create, remove).prepare(slot, spec)),
      ...listLeft(dir),
    ]);
    return { ends, kept: readFileSync(join(outside, 'precious'), 'utf8') };
  },

  'script-foreign': async (dir) => {
    const [create] = foundingScripts(dir);
    const remove = twist(dir, 'remove', [], `touch ${dir}/called; rm -rf "$1"`);
    mkdirSync(join(dir, 'chroot/pkgsrc-build-1/theirs'), { recursive: true });
    const driver = scriptDriver(dir, create, remove);
    const said = await refusal(driver.prepare(slot, emptySpec));
    const { left } = await driver.sweep();
    return {
      said: said,
      left,
      theirs: existsSync(join(dir, 'chroot/pkgsrc-build-1/theirs')),
      called: existsSync(join(dir, 'called')),
    };
  },
};
