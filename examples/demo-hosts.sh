#!/bin/sh
# `npm run demo:hosts [-- --yes]`: three hosts in network namespaces of this machine build the example tree together; a fourth joins
# at 25 % of the build, the coordinator is killed at 50 %, and the packages are those that one host makes.
#
#   --yes       install missing programs without asking
#   --dir DIR   where to work (default: a new directory below TMPDIR, or /var/tmp)
#
# Exit code 0: all of that held. 1: it did not. 2: this machine cannot, and why.
set -eu
cd "$(dirname "$0")/.."
. .ci/ground.sh

dir=''
while [ $# -gt 0 ]; do
  case $1 in
    --yes) YES=1; export YES; shift ;;
    --dir) [ $# -ge 2 ] || { say "demo:hosts: --dir needs a directory"; exit 2; }; dir=$2; shift 2 ;;
    *) say "usage: npm run demo:hosts -- [--yes] [--dir DIR]"; exit 2 ;;
  esac
done

[ "$(uname -s)" = Linux ] || { say "demo:hosts: hosts in namespaces are made on Linux alone"; exit 2; }
[ "$(id -u)" = 0 ] || { say "demo:hosts: network and mount namespaces need root"; exit 2; }
ground_node
ground_programs || { say "demo:hosts: it needs these programs."; exit 2; }
PATH="$PWD/node_modules/.bin:$PATH"
export PATH

[ -n "$dir" ] || dir=$(mktemp -d "${TMPDIR:-/var/tmp}/bulkmesh-hosts.XXXXXX")
mkdir -p "$dir"
dir=$(cd "$dir" && pwd -P)
chmod 755 "$dir"
exec node test/e2e/hosts/demo/main.ts "$dir"
