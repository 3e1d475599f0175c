import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { readVersion } from '../agent/version.ts';
import { bundleProgram } from './bundle.ts';

export interface ExecutableOptions {
  /** The Node that goes into it; it is for hosts with the system and the machine of that one. */
  readonly node: string;
  /** Of gzip, 1 to 9. */
  readonly level: number;
}

/**
 * Writes the program and Node as one file for Linux: a short shell script with a packed archive behind it, which unpacks itself
 * once for each account and version. A host needs nothing but sh, tail, gzip and tar.
 */
export async function bundleExecutable(outfile: string, { node, level }: ExecutableOptions): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'bulkmesh-executable-'));
  try {
    await bundleProgram(join(work, 'bulkmesh.mjs'));
    await copyFile(node, join(work, 'node'));
    await chmod(join(work, 'node'), 0o755);
    const tar = join(work, 'payload.tar');
    const members = ['node', 'bulkmesh.mjs'];
    const plain = ['--owner=0', '--group=0', '--mtime=@0'];
    await promisify(execFile)('tar', [...plain, '-cf', tar, '-C', work, ...members]);
    const packed = `${tar}.gz`;
    await pipeline(createReadStream(tar), createGzip({ level }), createWriteStream(packed));
    await joinFiles(renderStub(await hashFile(tar)), packed, outfile);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex').slice(0, 16);
}

/** Whole or not at all under its name: somebody may run the one from before. */
async function joinFiles(stub: string, packed: string, outfile: string): Promise<void> {
  const temporary = join(dirname(outfile), `.${basename(outfile)}.new`);
  try {
    const out = createWriteStream(temporary, { mode: 0o755 });
    out.write(stub);
    await pipeline(createReadStream(packed), out);
    await chmod(temporary, 0o755);
    await rename(temporary, outfile);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** `id` names what is unpacked: another version unpacks elsewhere, beside the one that may still run. */
function renderStub(id: string): string {
  const lines = (skip: number): string => `#!/bin/sh
# bulkmesh ${readVersion()} for Linux ${process.arch}: the program and Node in one file. It unpacks itself once into
# $BULKMESH_UNPACK_DIR, by default /var/cache/bulkmesh for root and ~/.cache/bulkmesh for others.
set -eu
base=\${BULKMESH_UNPACK_DIR:-}
if [ -z "$base" ]; then
  if [ "$(id -u)" = 0 ]; then base=/var/cache/bulkmesh; else base=\${XDG_CACHE_HOME:-$HOME/.cache}/bulkmesh; fi
fi
dir=$base/${id}
if [ ! -x "$dir/node" ]; then
  fail() {
    echo "bulkmesh: cannot unpack itself to $dir" >&2
    echo "  Make room there, or name another directory of this account in BULKMESH_UNPACK_DIR." >&2
    exit 2
  }
  umask 022
  mkdir -p "$base" || fail
  new=$(mktemp -d "$base/.new-XXXXXX") || fail
  trap 'rm -rf "$new"' EXIT
  tail -c +${String(skip).padStart(6, '0')} "$0" | gzip -dc | tar -xf - -C "$new" || fail
  [ -x "$new/node" ] && [ -f "$new/bulkmesh.mjs" ] || fail
  chmod 755 "$new"
  [ -e "$dir" ] || mv "$new" "$dir" 2>/dev/null || :
  # Where another one was quicker just now, it went into that one's directory.
  rm -rf "$new" "$dir/\${new##*/}"
  trap - EXIT
  [ -x "$dir/node" ] || fail
fi
exec "$dir/node" "$dir/bulkmesh.mjs" "$@"
`;
  return lines(Buffer.byteLength(lines(0)) + 1);
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const [outfile = `${root}dist/bulkmesh-linux-${process.arch}`] = process.argv.slice(2);
  await bundleExecutable(outfile, { node: process.execPath, level: 9 });
  process.stdout.write(`${outfile}\n`);
}
