#!/bin/sh
# `npm test [-- vitest arguments]`: sets up what the tests need, then runs them all. Tests that need something this
# host does not have (root, Linux namespaces, bmake, the recorded data) skip and say so.
set -eu
cd "$(dirname "$0")/.."
. .ci/ground.sh
if [ "${1:-}" = --yes ]; then YES=1; export YES; shift; fi
ground_node
ground_programs || say "Tests that need these programs will be skipped."
PATH="$PWD/node_modules/.bin:$PATH"
export PATH
exec vitest run --config test/vitest.config.ts "$@"
