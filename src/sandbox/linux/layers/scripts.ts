/**
 * Shell texts that put layers below prefix and package database. All run by `Late.run` while nothing runs inside. What
 * has a link on the way to it is not what was planned: nothing is mounted there.
 */

/**
 * 1 root of the inside   2 directory of layers, from which lower directories are named   3 `over` where something is mounted
 * at the places, else `on`; then for each place: where it shows, the mount options, the writable
 * directory, the work directory to be made, and the directory that the writable one is to look like, or nothing.
 */
export const stackScript = `
set -eu
export LIBMOUNT_FORCE_MOUNT2=always
root=$1 how=$3
cd -- "$2"
shift 3
while [ $# -gt 0 ]; do
  place=$root$1
  [ "$(realpath -- "$place")" = "$place" ] || { echo "a link leads to $1" >&2; exit 1; }
  [ "$how" = on ] || umount -- "$place"
  mkdir -m 700 -- "$4"
  if [ -n "$5" ]; then
    chown --reference="$5" -- "$3"
    chmod --reference="$5" -- "$3"
    touch --reference="$5" -- "$3"
  fi
  mount -t overlay -o "$2" overlay "$place"
  shift 5
done
`;

/** 1 directory in which a layer was made   2 user id: prints a file of this user's, if there is one. */
export const ownedScript = 'exec find "$1" -uid "$2" -print -quit';

/**
 * 1 root of the inside   2 directory in which a layer was made; then where its parts show, in their order. Unmounts them,
 * deletes what only the mount needed, and prints how many KiB the parts take, a line for each.
 */
export const sealScript = `
set -eu
root=$1
cd -- "$2"
shift 2
count=$#
for place; do
  [ "$(realpath -- "$root$place")" = "$root$place" ] || { echo "a link leads to $place" >&2; exit 1; }
  umount -- "$root$place"
done
part=0
while [ "$part" -lt "$count" ]; do
  rm -rf --one-file-system -- "$part.work"
  du -sk -- "$part"
  part=$((part + 1))
done
`;

/** 1 root of the inside   2 directory in which a layer is made; there, `outside.list` names the files. */
export const packScript = `
set -eu
tar -C "$1" --numeric-owner --no-recursion --null -T "$2/outside.list" -cf "$2/outside.tar"
rm -- "$2/outside.list"
`;

/** Inside, with such an archive as base64 on standard input. */
export const unpackScript = 'base64 -d | tar -C / --numeric-owner -xpf -';
