import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTool } from '../../src/sandbox/process.ts';
import { makeTempDir } from '../sandbox/support/host.ts';
import { noChroots } from '../sandbox/support/play.ts';

const root = join(import.meta.dirname, '../..');
const hasTools = ['/usr/bin/bmake', '/usr/bin/cc'].every((path) => existsSync(path));
const obstacle = noChroots ?? (hasTools ? undefined : 'no bmake or no C compiler');
const title = obstacle === undefined ? '' : ` (SKIPPED: needs root, mounts and a compiler: ${obstacle})`;

/** Arguments: the project, a directory, node, the lines of [sandbox]. A failing package ends a build with 1. */
const script = `
set -e
cd "$1"
node=$3
export BULKMESH_SHARE= BULKMESH_CONFIG="$2/content/bulkmesh.toml"
bulkmesh() { "$node" cli/bulkmesh.mjs "$@"; }
bulkmesh init "$2/content" --prefix /usr/pkg --user nobody --slots 2
rm -rf "$2/content/pkgsrc"
cp -R examples/tree "$2/content/pkgsrc"
sed -e '/^chroot_create = /d' -e '/^chroot_delete = /d' -e "s,^driver = .*,$4," "$BULKMESH_CONFIG" >"$2/new"
cat "$2/new" >"$BULKMESH_CONFIG"
bulkmesh bootstrap
status=0
bulkmesh build net/usersrv textproc/upcase misc/inplace broken/fail-configure || status=$?
echo "ended with $status"
echo "mounted: $(grep -c " $2/" /proc/mounts)"
`;

/** A chroot of bind mounts in the manner of those that sites have for pbulk. */
const create = `#!/bin/sh
dir=$1 content=$2
[ ! -e "$dir" ] || exit 1
mkdir -p "$dir/proc" "$dir/dev" "$dir/tmp" "$dir/var/tmp" "$dir/root" "$dir/home" "$dir/usr" || exit 1
chmod 1777 "$dir/tmp" "$dir/var/tmp"
for one in bin sbin lib lib64; do [ ! -L "/$one" ] || ln -s "$(readlink "/$one")" "$dir/$one"; done
for one in bin sbin lib lib64 libexec include share; do
  [ -d "/usr/$one" ] || continue
  mkdir "$dir/usr/$one" && mount --bind "/usr/$one" "$dir/usr/$one" && mount -o remount,bind,ro "$dir/usr/$one" || exit 1
done
cp -a /etc "$dir/etc" && mount -t proc proc "$dir/proc" && mount --bind /dev "$dir/dev" || exit 1
for one in pkgsrc packages distfiles mk; do
  mkdir -p "$dir$content/$one" && mount --bind "$content/$one" "$dir$content/$one" || exit 1
done
`;

/** As some sites have it: it gives up, and says that all went well. */
const remove = '#!/bin/sh\numount "$1/proc" && umount "$1/dev"\nexit 0\n';

describe.skipIf(obstacle !== undefined)(`builds in chroots${title}`, { timeout: 300_000 }, () => {
  let dir: string;
  beforeEach(() => {
    dir = makeTempDir();
    chmodSync(dir, 0o755);
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const build = async (lines: string): Promise<string> => {
    const before = existsSync('/usr/pkg') ? readdirSync('/usr/pkg') : undefined;
    const words = [root, dir, process.execPath, lines];
    const done = await runTool([
      ...['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-c', script, 'sh'],
      ...words,
    ]);
    expect(done.ok, done.stderr).toBe(true);
    expect(done.stdout).toMatch(/ended with 1\nmounted: 0\n$/);
    const meta = (name: string) => readFileSync(join(dir, 'content/bulklog/meta', name), 'utf8');
    expect(meta('success')).toContain('usersrv-1.0\n');
    for (const name of ['inplace-1.0', 'upcase-1.3']) expect(meta('success')).toContain(`${name}\n`);
    expect(meta('error')).toContain('fail-configure-1.0');
    expect(readdirSync(join(dir, 'content/bulkmesh/slots'))).toEqual([]);
    expect(existsSync('/usr/pkg') ? readdirSync('/usr/pkg') : undefined).toEqual(before);
    return done.stderr;
  };

  it('come to the same end with driver mounts, from the kit on, and leave nothing', async () => {
    expect(await build('driver = "mounts"')).toContain('sandboxes are chroots');
    expect(existsSync(join(dir, 'content/pkgsrc/textproc/upcase/work'))).toBe(false);
  });

  it('come to the same end in chroots of programs of one’s own, and leave nothing though these do', async () => {
    for (const name of ['chroot', 'content']) mkdirSync(join(dir, name));
    for (const [name, text] of [
      ['mk', create],
      ['rm', remove],
    ] as const) {
      writeFileSync(join(dir, name), text);
      chmodSync(join(dir, name), 0o755);
    }
    const lines = [
      'driver = "script"',
      `chroot_dir = "${dir}/chroot/pkgsrc"`,
      `chroot_create = ["${dir}/mksandbox"]`,
      `chroot_delete = ["${dir}/rm"]`,
    ];
    // The directory comes last, and this one wants another word.
    writeFileSync(join(dir, 'mksandbox'), `#!/bin/sh\nexec "${dir}/mk" "$1" "${dir}/content"\n`, {
      mode: 0o755,
    });
    await build(lines.join('\\n'));
    expect(readdirSync(join(dir, 'chroot'))).toEqual([]);
  });
});
