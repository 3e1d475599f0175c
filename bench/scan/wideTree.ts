import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { slotName } from '../../src/core/ids.ts';
import type { Command, CommandResult, Sandbox } from '../../src/sandbox/driver.ts';
import { answerBatch } from '../../test/pkgsrc/scan/fakemake.ts';

/** A tree as wide as wanted, and a sandbox whose make costs nothing: what remains is our own work. */
export interface WideTree {
  readonly dir: string;
  readonly paths: readonly string[];
  readonly sandbox: Sandbox;
  /** The file that so many paths read in one way or another. */
  readonly libraryFile: string;
  remove(): void;
}

const CATEGORIES = 40;
const SHARED_FILES = 100;
const LIBRARIES = 300;
const LIBRARIES_EACH = 50;

/**
 * Each path reads its own Makefile, a hundred files that all read, and those of fifty libraries: as many files and as
 * many bytes a record as in pkgsrc.
 */
export function layWideTree(count: number): WideTree {
  const dir = mkdtempSync(join(tmpdir(), 'bulkmesh-wide-'));
  const write = (path: string): string => {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), `# ${path}\n`);
    return path;
  };
  const shared = Array.from({ length: SHARED_FILES }, (_, index) => write(`mk/part-${index}/file.mk`));
  const libraries = Array.from({ length: LIBRARIES }, (_, index) => write(`libs/lib${index}/buildlink3.mk`));
  const paths = Array.from({ length: count }, (_, index) => `cat${index % CATEGORIES}/package-${index}`);
  for (const path of ['.', ...paths]) write(join(path, 'Makefile'));
  const lists = new Map<string, string>();
  for (const path of paths) {
    const [category = '', name = ''] = path.split('/');
    lists.set(category, `${lists.get(category) ?? ''} ${name}`);
  }
  for (const category of lists.keys()) write(join(category, 'Makefile'));
  const record = (path: string): string => {
    const index = Number(path.slice(path.lastIndexOf('-') + 1));
    const used = Array.from(
      { length: LIBRARIES_EACH },
      (_, turn) => libraries[(index + turn * 7) % LIBRARIES],
    );
    const files = ['Makefile', ...[...shared, ...used].map((file) => `../../${file}`)];
    return describeRecord(`package${index}-1.${index}`, index, files);
  };
  const answer = (place: string, make: readonly string[]): string => {
    if (make.includes('-V')) return 'Makefile\n';
    if (place === '.') return `${[...lists.keys()].join(' ')}\n`;
    return lists.get(place) ?? record(place);
  };
  return {
    dir,
    paths,
    sandbox: makeSandbox((place, make) => ({ stdout: answer(place, make) })),
    libraryFile: join(dir, libraries[0] ?? ''),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

const describeRecord = (pkgname: string, index: number, files: readonly string[]): string =>
  [
    `PKGNAME=${pkgname}`,
    `ALL_DEPENDS=${Array.from({ length: Math.min(8, index) }, (_, turn) => {
      const need = Math.floor((index * (turn + 1)) / 9);
      return `package${need}>=1.0:../../cat${need % CATEGORIES}/package-${need}`;
    }).join(' ')}`,
    'PKG_SKIP_REASON=',
    'PKG_FAIL_REASON=',
    'NO_BIN_ON_FTP=',
    'RESTRICTED=',
    'CATEGORIES=bench',
    'MAINTAINER=bench@example.org',
    'USE_DESTDIR=user-destdir',
    'BOOTSTRAP_PKG=',
    'USERGROUP_PHASE=',
    `SCAN_DEPENDS=${files.join(' ')}`,
    '',
  ].join('\n');

const makeSandbox = (answer: Parameters<typeof answerBatch>[1]): Sandbox => ({
  slot: slotName('bench-1'),
  fit: async () => {},
  usage: async () => ({ memoryPeakBytes: undefined, memoryKills: undefined }),
  killAll: async () => {},
  diskUsage: async () => 0,
  destroy: async () => {},
  run: async (command: Command): Promise<CommandResult> => {
    const told = command.argv[2]?.includes('tree=$2') === true ? answerBatch(command, answer) : {};
    if ('kind' in told) return told;
    const { stdout = '' } = told;
    return { kind: 'exited', code: 0, stdout: stdout.toString(), stderr: '', wallMs: 0, cpuMs: 0 };
  },
});
