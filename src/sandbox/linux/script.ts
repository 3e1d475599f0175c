/** Where the old root hangs while the inside is being built. */
export const hostMount = '/.host';

/** Where a sandbox made by root shows the program that leads in. */
export const guardedNsenter = '/dev/.nsenter';

/** Device nodes of the host that every sandbox has. */
export const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `/dev/${name}`);

/**
 * Builds the inside of one slot, as first process of new mount, pid, ipc, uts and net namespaces, and stays as
 * their init. Data comes as arguments only:
 *   1 slot directory   2 pid of the agent   3 `tmpfs` or `disk`   4 path of ip(8) or empty
 *   5 user namespace of its own: `agent` when the agent maps its ids, `self` for one id, or empty
 *   6 `nodes` where device nodes can be made, else empty: then the mount tables bind those of the host
 *   7 `insideScript`
 *
 * Order of events: make sure that the agent still lives (it may have died before setpriv armed the death signal);
 * mount root, system directories and kernel file systems below the slot; move into it; mount the rest from inside,
 * where no symbolic link can lead to the host; move back. What was made so far is a mount namespace that sees the host
 * and, below the slot, the inside. The agent keeps it (see late.ts): what it mounts there later shows inside, too, since
 * the inside is a copy that follows it, made now. The copy has the inside as its root, and drops the host.
 *
 * Then \`ready\` with the pid as the host knows it. Last it enters a user namespace: whatever starts inside has no rights
 * over what was made here before. It ends as cat(1) on a pipe that the agent holds: cat dies with the agent, and has
 * SIGCHLD ignored, so that the kernel itself reaps every orphan.
 */
export const initScript = `
set -eu
umask 022
slot=$1 agent=$2 storage=$3 ip=$4 users=$5 nodes=$6
read -r self _ _ parent _ </proc/self/stat
read -r _ _ _ grandparent _ <"/proc/$parent/stat"
[ "$grandparent" = "$agent" ] || { echo 'the agent is gone' >&2; exit 1; }
if [ "$storage" = tmpfs ]; then
  mount -t tmpfs -o mode=755 bulkmesh "$slot/layers"
  cp -a "$slot/seed/." "$slot/layers/"
fi
mount -a -T "$slot/fstab.system"
cp -a "$slot/dev/." \${nodes:+${devices.join(' ')}} "$slot/root/dev/"
[ -z "$ip" ] || "$ip" link set lo up
cd "$slot/root"
pivot_root . .host
cd /
mount -a -T "/.host$slot/fstab.inside"
cd /.host
pivot_root . ".$slot/root"
cd /
mount --make-rshared "$slot/root"
exec unshare --mount --propagation slave -- /bin/sh -c "$7" bulkmesh-init "$slot" "$self" "$users"
`;

/** The end of it, in the copy: 1 slot directory   2 pid   3 user namespace, as above. */
export const insideScript = `
set -eu
cd "$1/root"
pivot_root . .host
cd /
umount -l /.host
rmdir /.host
echo "ready $2"
case $3 in
agent) exec unshare --user env --ignore-signal=CHLD cat >/dev/null 2>&1 ;;
self) exec unshare --user --map-root-user env --ignore-signal=CHLD cat >/dev/null 2>&1 ;;
esac
exec env --ignore-signal=CHLD cat >/dev/null 2>&1
`;
