#!/bin/sh
# `npm run demo [-- --yes]`: sets up what is needed, starts three agents that find each other, builds the example tree in real
# chroots of all three, and ends with the report and where its files lie. `npm run demo:hosts` does it on hosts of their own.
#
#   --yes       install missing programs without asking
#   --dir DIR   where to work (default: a new directory below TMPDIR, or /var/tmp)
set -eu
cd "$(dirname "$0")/.."
. .ci/ground.sh

dir=''
while [ $# -gt 0 ]; do
  case $1 in
    --yes) YES=1; export YES; shift ;;
    --dir) [ $# -ge 2 ] || { say "demo: --dir needs a directory"; exit 2; }; dir=$2; shift 2 ;;
    *) say "usage: npm run demo -- [--yes] [--dir DIR]"; exit 2 ;;
  esac
done

ground_node
ground_programs || { say "demo: it needs these programs."; exit 2; }
PATH="$PWD/node_modules/.bin:$PATH"
export PATH
bulkmesh() { node cli/bulkmesh.mjs "$@"; }
step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || step() { printf '\n%s\n' "$*"; }

[ -n "$dir" ] || dir=$(mktemp -d "${TMPDIR:-/var/tmp}/bulkmesh-demo.XXXXXX")
mkdir -p "$dir"
dir=$(cd "$dir" && pwd -P)
chmod 755 "$dir"

# Root builds in chroots, as an unprivileged user. So does anybody else where the host allows it, and else without isolation:
# hence a prefix of their own.
if [ "$(id -u)" = 0 ]; then prefix=/usr/pkg; else prefix=$dir/pkg; fi

step "bulkmesh init: directories, mk.conf fragments, a config with comments, a mesh key"
made=$(bulkmesh init "$dir" --prefix "$prefix" --user nobody --slots 2)
printf '%s\n' "$made" | sed '/^$/,$d'

BULKMESH_CONFIG=$dir/bulkmesh.toml
export BULKMESH_CONFIG

step "The example tree in place of pkgsrc, which \`bulkmesh tree\` would clone"
rm -rf "$dir/pkgsrc"
cp -R examples/tree "$dir/pkgsrc"
bulkmesh tree --revision

step "bulkmesh bootstrap: its kit for $prefix, made in a sandbox"
bulkmesh bootstrap --force

# Waits until an agent answers, and after that for so many hosts in its mesh.
await() {
  tries=0
  until bulkmesh --config "$1" hosts 2>/dev/null | grep -q "^mesh .* $2 of $2 host"; do
    tries=$((tries + 1))
    [ $tries -lt 150 ] || { cat "$dir"/agent*.log >&2; say "demo: the agents did not come together"; exit 2; }
    sleep 0.2
  done
}

step "bulkmesh agent: the first host, with the tree and the kit (its log: $dir/agent1.log)"
agents=''
trap 'for agent in $agents; do kill "$agent" 2>/dev/null || :; done; wait' EXIT
trap 'exit 130' INT TERM
port=$((20000 + $$ % 20000))
# Not by the function: $! would be the shell around it.
node cli/bulkmesh.mjs agent --listen 127.0.0.1:$port --name host1 >>"$dir/agent1.log" 2>&1 &
agents="$agents $!"
await "$BULKMESH_CONFIG" 1

step "bulkmesh agent --join: two more, which have nothing but the mesh key, as on other hosts"
key=$dir/bulkmesh/mesh.key
for host in 2 3; do
  node cli/bulkmesh.mjs agent --join 127.0.0.1:$port --key "$key" --state "$dir/host$host" --name host$host --slots 1 \
    --listen 127.0.0.1:$((port + host)) >>"$dir/agent$host.log" 2>&1 &
  agents="$agents $!"
done
await "$BULKMESH_CONFIG" 3
bulkmesh hosts

step "bulkmesh build: scan, resolve, build, report"
code=0
bulkmesh build --fresh || code=$?
[ $code -le 1 ] || exit $code

step "bulkmesh report"
bulkmesh report | head -n 40
cat <<END
(...)

Some packages fail, in every stage there is, and some are left out: examples/tree/README.md says which and why.

  the whole report     $dir/bulklog/meta/report.html
  packages             $dir/packages/All
  look around          export BULKMESH_CONFIG=$BULKMESH_CONFIG
                       npm run -s bulkmesh -- log fail-build
  remove all of it     rm -rf $dir
END
