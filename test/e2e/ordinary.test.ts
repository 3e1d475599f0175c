import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leftovers, removeTempDir } from '../sandbox/support/host.ts';
import { makeOrdinaryDir, noOrdinary, ordinaryUid, runOrdinary } from '../sandbox/support/ordinary.ts';

const root = join(import.meta.dirname, '../..');
const hasTools = ['/usr/bin/bmake', '/usr/bin/cc'].every((path) => existsSync(path));
const obstacle = noOrdinary ?? (hasTools ? undefined : 'no bmake or no C compiler');
const title =
  obstacle === undefined ? '' : ` (SKIPPED: needs sandboxes without root and a compiler: ${obstacle})`;

/** Arguments: the project, a directory, node. */
const script = `
set -e
cd "$1"
node=$3
bulkmesh() { "$node" cli/bulkmesh.mjs "$@"; }
kit=$2/kit.tar.gz
bulkmesh init "$2/content" --kit "$kit" --prefix /usr/pkg --slots 2
rm -rf "$2/content/pkgsrc"
cp -R examples/tree "$2/content/pkgsrc"
sh examples/tree/bootstrap/bootstrap.sh --prefix /usr/pkg --gzip-binary-kit "$kit"
bulkmesh -c "$2/content/bulkmesh.toml" build net/usersrv textproc/upcase
`;

describe.skipIf(obstacle !== undefined)(`a build by an account without rights${title}`, () => {
  let dir: string;
  beforeEach(() => {
    dir = makeOrdinaryDir();
  });
  afterEach(() => {
    expect(leftovers(join(dir, 'content/bulkmesh'))).toEqual([]);
    removeTempDir(dir);
  });

  it('makes packages for /usr/pkg, with accounts of their own too, and the host keeps its own', {
    timeout: 300_000,
  }, async () => {
    const before = existsSync('/usr/pkg') ? readdirSync('/usr/pkg') : undefined;
    const { ok, stderr } = await runOrdinary(['sh', '-c', script, 'sh', root, dir, process.execPath], dir);
    expect(stderr).not.toContain('NOTHING IS ISOLATED');
    expect(ok, stderr).toBe(true);
    const success = readFileSync(join(dir, 'content/bulklog/meta/success'), 'utf8').trim().split('\n');
    expect(success.toSorted()).toEqual(expect.arrayContaining(['upcase-1.3', 'usersrv-1.0']));
    const all = join(dir, 'content/packages/All');
    for (const name of readdirSync(all)) expect(statSync(join(all, name)).uid).toBe(ordinaryUid);
    expect(existsSync('/usr/pkg') ? readdirSync('/usr/pkg') : undefined).toEqual(before);
  });
});
