import { type FoundFile, type FoundFiles, type ListedFiles, lookOnHost } from './distfiles.ts';
import { READER_ENV } from './reader.ts';
import type { PackageRun, StageFailure } from './run.ts';

/** What of a package's files its stages find in DISTDIR; or why nobody could look. */
export type DistView = { readonly kind: 'seen'; readonly found: FoundFiles } | StageFailure;

/** Whether what a package fetches stays in its sandbox until it is brought out. */
export const isLayered = (run: PackageRun, files: ListedFiles): boolean =>
  files.dir === run.request.policy.layeredDistdir;

/** Looks where the stages look: on this host, or, where a layer lies over DISTDIR, inside. */
export async function viewDistfiles(run: PackageRun, files: ListedFiles): Promise<DistView> {
  if (!isLayered(run, files)) return { kind: 'seen', found: await lookOnHost(files) };
  const { sandbox, signal } = run.request;
  const result = await sandbox.run({
    // What is not there is no line, and an exit code that means nothing.
    argv: ['/usr/bin/env', 'stat', '-c', '%f %s %Y %n', '--', ...files.names],
    env: READER_ENV,
    cwd: files.dir,
    user: undefined,
    network: false,
    output: { kind: 'capture', maxBytes: LIST_BYTES_MAX },
    signal,
  });
  if (result.kind === 'exited') return { kind: 'seen', found: parseFound(result.stdout) };
  if (result.kind === 'aborted' || signal.aborted) {
    return { kind: 'trouble', trouble: 'killed', detail: 'the look into DISTDIR was stopped by the agent' };
  }
  const detail = result.kind === 'trouble' ? result.detail : `stat was killed by ${result.signal}`;
  return { kind: 'trouble', trouble: 'sandbox', detail: `the look into DISTDIR: ${detail}` };
}

const LIST_BYTES_MAX = 8 << 20;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;

/** Lines of stat: mode in hexadecimal digits, bytes, Unix seconds, name. */
function parseFound(text: string): FoundFiles {
  const lines = text.matchAll(/^([0-9a-f]{1,8}) (\d{1,15}) (\d{1,12}) (\S+)$/gm);
  return new Map(
    [...lines].map(([, mode = '0', size, seconds, name = '']): [string, FoundFile] => [
      name,
      {
        isRegular: (Number.parseInt(mode, 16) & S_IFMT) === S_IFREG,
        sizeBytes: Number(size),
        changedAtMs: Number(seconds) * 1000,
      },
    ]),
  );
}
