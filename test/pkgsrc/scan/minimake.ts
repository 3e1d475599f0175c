import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PkgPath } from '../../../src/pkgsrc/package.ts';
import { Answers } from '../../../src/pkgsrc/scan/answers.ts';
import type { Elsewhere, FarIndex } from '../../../src/pkgsrc/scan/elsewhere.ts';
import { type IndexRequest, indexPaths } from '../../../src/pkgsrc/scan/pathindex.ts';
import { type ScanResult, scanTree } from '../../../src/pkgsrc/scan/scan.ts';
import { WordTable } from '../../../src/pkgsrc/wordtable.ts';
import { openStore } from '../../../src/store/open.ts';
import { type Answer, FakeSandbox } from '../fakesandbox.ts';
import { answerBatch } from './fakemake.ts';

/**
 * A tree of makefiles of three words, and a make that reads them: `include FILE`, `sinclude FILE` (when it is there) and
 * `needs WORD`. Whatever a makefile that was read says ends up in the record.
 */
export class MiniTree {
  readonly dir = mkdtempSync(join(tmpdir(), 'bulkmesh-mini-'));
  readonly stateDir = mkdtempSync(join(tmpdir(), 'bulkmesh-state-'));
  /** Files that only the sandbox has, such as a bootstrap kit's mk.conf: read by all. */
  readonly inside = new Map<string, string>();
  identity = 'one';
  /** Called while make reads a place. */
  onMake: (place: string) => void = () => {};
  readonly made: string[] = [];

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.dir, path)), { recursive: true });
    writeFileSync(join(this.dir, path), text);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
    rmSync(this.stateDir, { recursive: true, force: true });
  }

  /** A whole scan by a new process, as it were; `made` lists what make was run for. */
  async scan(
    options: {
      readonly kept?: boolean;
      readonly pkgpaths?: readonly string[];
      readonly elsewhere?: Elsewhere;
      readonly onProgress?: (done: number) => void;
    } = {},
  ): Promise<ScanResult> {
    this.made.length = 0;
    const store = openStore(this.stateDir);
    try {
      const answers =
        options.kept === false
          ? undefined
          : await Answers.open({
              store,
              identity: this.identity,
              pkgsrc: this.dir,
              hostPath: (path) => (path.startsWith('/kit/') ? undefined : path),
              digestInside: async (paths) =>
                new Map(
                  paths.flatMap(
                    (path) => [[path, this.inside.get(path) ?? (path.endsWith('/') ? 'names' : '')]] as const,
                  ),
                ),
            });
      const result = await scanTree({
        ...this.ports(this.made),
        pkgpaths: options.pkgpaths ?? [],
        elsewhere: options.elsewhere,
        ...(options.onProgress && { onProgress: options.onProgress }),
        answers,
        concurrency: 2,
      });
      answers?.close();
      return result;
    } finally {
      store.close();
    }
  }

  /** What a host with the same tree says of these paths. */
  async index(paths: readonly PkgPath[]): Promise<readonly FarIndex[]> {
    return await indexPaths({ ...this.ports(), words: new WordTable() }, paths);
  }

  /** A host that has this tree. `made`: told what make is run for there. */
  ports(made: string[] = []): Omit<IndexRequest, 'words'> {
    return {
      sandbox: new FakeSandbox((command) => {
        // Questions about the system, which is the same everywhere.
        if (!command.argv[2]?.includes('for dir in $dirs')) return {};
        return answerBatch(command, (place, make) => this.#make(place, make, made));
      }),
      environment: { make: '/make', pkgsrc: this.dir, workDir: '/work', variables: {}, cacheVars: {} },
      signal: new AbortController().signal,
    };
  }

  #make(place: string, make: readonly string[], made: string[]): Answer {
    if (make.includes('-V')) return { stdout: 'Makefile\n' };
    const text = readFileSync(join(this.dir, place, 'Makefile'), 'utf8');
    if (!make.includes('pbulk-index')) return { stdout: text };
    made.push(place);
    const read: string[] = [];
    const said: string[] = [];
    if (!this.#read(place, 'Makefile', read, said)) return { code: 1, stderr: 'a file is missing' };
    for (const path of this.inside.keys()) read.push(path);
    this.onMake(place);
    const rest = [...said, ...this.inside.values()].filter((line) => !line.startsWith('needs ')).join(' ');
    const needs = said.flatMap((line) => (line.startsWith('needs ') ? [line.slice(6)] : []));
    const lines = [
      `PKGNAME=${place.slice(place.indexOf('/') + 1)}-1.0`,
      `ALL_DEPENDS=${needs.join(' ')}`,
      'PKG_SKIP_REASON=',
      'PKG_FAIL_REASON=',
      `CATEGORIES=${rest}`,
      `SCAN_DEPENDS=${read.join(' ')}`,
    ];
    return { stdout: `${lines.join('\n')}\n` };
  }

  #read(place: string, name: string, read: string[], said: string[]): boolean {
    const path = join(this.dir, place, name);
    if (!existsSync(path)) return false;
    read.push(name);
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const [word = '', file = ''] = line.split(' ');
      if (word === 'include' || word === 'sinclude') {
        if (!this.#read(place, file, read, said) && word === 'include') return false;
      } else if (line !== '') {
        said.push(line);
      }
    }
    return true;
  }
}

/** As a list that can be compared: every record as printed. */
export const textsOf = (result: ScanResult): readonly string[] => result.records.map(({ text }) => text);
