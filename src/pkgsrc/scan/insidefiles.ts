import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessLimits } from '../../sandbox/driver.ts';
import { makeCommand } from '../make.ts';
import { digestBytes, digestNames } from './filedigests.ts';
import type { BatchPorts } from './makebatch.ts';

/** Names of files that make may look for beside a fragment that lies outside of the tree. */
const MAKEFILE_NAME = /mk|make/i;

/** Copies files and lists directories (their names end in a slash), each behind a line with the mark, its kind and name. */
const SCRIPT = `
exec 2>/dev/null
mark=$1
shift
for path; do
  case $path in
    */) [ -d "$path" ] && printf '\\000%s %s\\n' "$mark" "$path" && ls -a -- "$path" ;;
    *) [ -f "$path" ] && printf '\\000%s %s\\n' "$mark" "$path" && cat -- "$path" ;;
  esac
done
printf '\\000%s /\\n' "$mark"
`;

/**
 * Digests of files as make in the sandbox sees them: mk.conf and its fragments in the bootstrap kit, the system's
 * makefiles, make itself. A path that ends in a slash is a directory, and its digest that of the names in it
 * that sound like makefiles. What is not there is left out.
 */
export async function digestInside(
  ports: BatchPorts,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (paths.length === 0) return new Map();
  const mark = randomBytes(12).toString('hex');
  const printed = await runToBytes(ports, ['/bin/sh', '-c', SCRIPT, 'sh', mark, ...paths]);
  const head = Buffer.from(`\0${mark} `);
  const found = new Map<string, string>();
  for (let at = printed.indexOf(head); at >= 0; ) {
    const nameEnd = printed.indexOf('\n', at);
    const next = printed.indexOf(head, at + 1);
    const path = printed.toString('utf8', at + head.length, nameEnd);
    const content = printed.subarray(nameEnd + 1, next);
    // Without a next line it was cut short; the last line of all is a mark alone.
    if (next >= 0) found.set(path, path.endsWith('/') ? digestListing(content) : digestBytes(content));
    at = next;
  }
  return found;
}

const digestListing = (listing: Buffer): string =>
  digestNames(
    listing
      .toString()
      .split('\n')
      .filter((name) => MAKEFILE_NAME.test(name)),
  );

/**
 * What of the base system makefiles look at besides: names of programs and libraries; names, sizes and times of headers
 * and of what pkg-config reads, which tell versions.
 */
const SYSTEM_SCRIPT = `
exec 2>/dev/null
for form in --time-style=+%s -T -E -l; do ls -l "$form" / >/dev/null && break; done
uname -srm
for dir in /bin /sbin /lib /lib64 /usr/bin /usr/sbin /usr/lib /usr/lib64 /usr/lib/*-*/ /usr/X11R7/lib; do
  [ -h "$dir" ] || ls "$dir"
done
ls -lnR "$form" /usr/include
ls -ln "$form" /usr/lib/pkgconfig /usr/lib/*-*/pkgconfig /usr/share/pkgconfig /usr/X11R7/lib/pkgconfig
exit 0
`;

/** One digest for the system in the sandbox: other libraries or compilers, another digest. */
export const digestSystem = async (ports: BatchPorts): Promise<string> =>
  digestBytes(await runToBytes(ports, ['/bin/sh', '-c', SYSTEM_SCRIPT]));

/**
 * The same of what two hosts have alike that were set up alike: without the times at which that was done, and without
 * the patch level of the kernel.
 */
const LIKENESS_SCRIPT = `
exec 2>/dev/null
uname -sm
for dir in /bin /sbin /lib /lib64 /usr/bin /usr/sbin /usr/lib /usr/lib64 /usr/lib/*-*/ /usr/X11R7/lib; do
  [ -h "$dir" ] || ls "$dir"
done
for dir in /usr/include /usr/lib/pkgconfig /usr/lib/*-*/pkgconfig /usr/share/pkgconfig /usr/X11R7/lib/pkgconfig; do
  [ -d "$dir" ] && find "$dir" -type f -exec wc -c {} + | grep -v ' total$' | sort -k 2
done
exit 0
`;

/** One digest for the system in the sandbox, the same on hosts where makefiles find the same libraries and headers. */
export const digestLikeness = async (ports: BatchPorts): Promise<string> =>
  digestBytes(await runToBytes(ports, ['/bin/sh', '-c', LIKENESS_SCRIPT]));

/** Packages name the files, and may have made one of any length: it is cut, and what is cut has no digest. */
const limits: ProcessLimits = {
  ...{ cpuSeconds: undefined, files: undefined, processes: undefined, memoryMiB: undefined },
  fileSizeMiB: 256,
};

/** Bytes as they are, which a captured text would not be. Empty when the command cannot be run. */
async function runToBytes(
  { sandbox, environment, user, signal }: BatchPorts,
  argv: string[],
): Promise<Buffer> {
  const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-inside-'));
  let file: FileHandle | undefined;
  try {
    file = await open(join(dir, 'output'), 'wx+', 0o600);
    const output = { kind: 'split', stdoutFd: file.fd, stderrFd: file.fd } as const;
    const command = makeCommand(environment, { dir: '', targets: [], user, output, signal });
    await sandbox.run({ ...command, argv, limits });
    signal.throwIfAborted();
    return await readFile(join(dir, 'output'));
  } finally {
    await file?.close();
    await rm(dir, { recursive: true, force: true });
  }
}
