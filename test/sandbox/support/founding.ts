import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Programs in the manner of those that many sites have for pbulk's chroots: bind mounts, and a removal that gives up. */
const create = `#!/bin/sh
dir=$1
[ ! -e "$dir" ] || { echo "$dir exists" >&2; exit 1; }
mkdir -p "$dir/proc" "$dir/dev" "$dir/tmp" "$dir/var/db" "$dir/content" "$dir/usr" || exit 1
chmod 1777 "$dir/tmp"
for one in bin sbin lib lib64; do
  if [ -L "/$one" ]; then ln -s "$(readlink "/$one")" "$dir/$one"; fi
done
for one in bin sbin lib lib64 libexec include share; do
  [ -d "/usr/$one" ] || continue
  mkdir "$dir/usr/$one" && mount --bind "/usr/$one" "$dir/usr/$one" && mount -o remount,bind,ro "$dir/usr/$one" || exit 1
done
cp -a /etc "$dir/etc"
mount -t proc proc "$dir/proc" && mount --bind /dev "$dir/dev" && mount --bind CONTENT "$dir/content" || exit 1
`;

const remove = `#!/bin/sh
dir=$(echo "$1" | sed -e 's,/$,,')
if [ -d "$dir" ]; then
  for retry in 1 2 3; do
    for mounted in $(awk -v at="$dir/" 'index($2, at) == 1 { print $2 }' /proc/mounts | sort -r); do
      umount "$mounted" >/dev/null 2>&1
    done
    if ! grep -q " $dir/" /proc/mounts; then rm -rf "$dir"; break; fi
    sleep PAUSE
  done
fi
`;

/** Writes both below a directory; `content` is what the chroots show as /content. */
function writeFounding(dir: string, content: string, pauseSeconds = 0.1): readonly [string[], string[]] {
  const paths = [join(dir, 'mksandbox'), join(dir, 'rmsandbox')] as const;
  const texts = [create.replace('CONTENT', content), remove.replace('PAUSE', String(pauseSeconds))] as const;
  for (const [index, path] of paths.entries()) {
    if (existsSync(path)) continue;
    writeFileSync(path, texts[index] ?? '');
    chmodSync(path, 0o755);
  }
  return [[paths[0]], [paths[1]]];
}

/** With a directory of their own to show. */
export function foundingScripts(dir: string): readonly [string[], string[]] {
  mkdirSync(join(dir, 'content'), { recursive: true });
  return writeFounding(dir, join(dir, 'content'));
}
