import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Two programs that make and remove one chroot: `make DIR`, `remove DIR`. */
export interface ClassicScripts {
  readonly make: string;
  readonly remove: string;
}

export interface ClassicGround {
  /** Where the scripts go. */
  readonly dir: string;
  /** Directory with the kit that every chroot shows read-only, as the page has /usr/pbulk. */
  readonly readOnlyDir: string;
  /** The directory of everything that builds share, as the page has /content. */
  readonly sharedDir: string;
  /** The user's own mksandbox(8); undefined: a script of ours that takes the same steps on Linux. */
  readonly mksandbox: string | undefined;
}

/**
 * The wrapper scripts that tutorials of pbulk with chroots give their readers, in our words: wait in steps of ten
 * seconds until the directory is free, mksandbox, a home for the build user; and to remove it up to three tries at
 * unmounting, five seconds apart, a look at the mount table between, then rm -rf.
 * Source of the steps: pkgtools/mksandbox of pkgsrc, and "Distributed chrooted pkgsrc bulk builds" (J. Perkin, 2013).
 */
export function writeClassicScripts(ground: ClassicGround): ClassicScripts {
  const { dir, readOnlyDir, sharedDir } = ground;
  mkdirSync(dir, { recursive: true });
  const mksandbox = ground.mksandbox ?? join(dir, 'mksandbox-steps');
  const make = join(dir, 'mksandbox');
  const remove = join(dir, 'rmsandbox');
  if (ground.mksandbox === undefined) writeFileSync(mksandbox, steps, { mode: 0o755 });
  writeFileSync(
    make,
    `#!/bin/sh
while [ -d "$1" ]; do sleep 10; done
sh "${mksandbox}" --without-pkgsrc --rodirs="${readOnlyDir}" --rwdirs="${sharedDir}" "$1" >/dev/null 2>&1
mkdir -p "$1/home/pbulk"
chown 1500:1500 "$1/home/pbulk"
`,
    { mode: 0o755 },
  );
  writeFileSync(
    remove,
    `#!/bin/sh
for retry in 1 2 3; do
  "$1/sandbox" umount >/dev/null 2>&1
  if mount -v | grep "$1/" >/dev/null; then sleep 5; else rm -rf "$1"; break; fi
done
`,
    { mode: 0o755 },
  );
  return { make, remove };
}

/** What mksandbox 1.3 does on Linux: a directory, a bind mount and for read-only ones a remount at a time. */
const steps = `#!/bin/sh
rodirs= rwdirs=
while :; do
  case "$1" in
  --rodirs=*) rodirs=$(echo "$1" | sed 's|^--rodirs=||') ;;
  --rwdirs=*) rwdirs=$(echo "$1" | sed 's|^--rwdirs=||') ;;
  --*) ;;
  *) break ;;
  esac
  shift
done
root=$1
mounted=
show() {
  mkdir -p "$root$1"
  mount --bind "$1" "$root$1"
  [ "$2" = rw ] || mount --bind -o remount,bind,ro "$1" "$root$1"
  mounted="$root$1 $mounted"
}
mkdir -p "$root/dev"
mount --bind /dev "$root/dev"
mkdir -p "$root/etc"
(cd /etc && tar -cf - .) | (cd "$root/etc" && tar -xf -)
rm -f "$root/etc/localtime"
cp /usr/share/zoneinfo/GMT "$root/etc/localtime"
for dir in /bin /sbin /lib /libexec /usr/X11R7 /usr/bin /usr/games /usr/include /usr/lib /usr/libdata \\
  /usr/libexec /usr/lkm /usr/share /usr/sbin /var/mail /lib64 /usr/lib64; do
  [ ! -d "$dir" ] || show "$dir" ro
done
show /proc rw
mkdir -p "$root/tmp" "$root/var/tmp"
chmod 1777 "$root/tmp" "$root/var/tmp"
for dir in /var/run /var/log /var/spool; do
  [ ! -d "$dir" ] || mkdir -p "$root$dir"
done
for file in /var/run/utmp /var/log/wtmp /var/log/lastlog; do
  [ ! -f "$file" ] || cp /dev/null "$root$file"
done
for dir in $(echo "$rodirs" | sed 's/,/ /g'); do show "$dir" ro; done
for dir in $(echo "$rwdirs" | sed 's/,/ /g'); do show "$dir" rw; done
{
  echo '#!/bin/sh'
  for dir in $mounted "$root/dev"; do echo "umount $dir"; done
} >"$root/sandbox"
chmod 755 "$root/sandbox"
`;
