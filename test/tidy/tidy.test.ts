import { describe, expect, it } from 'vitest';
import { listImports, listSources } from './sources.ts';
import { judgeImport } from './walls.ts';

const code = listSources('.ts', '.mjs').filter(({ file }) => !file.startsWith('examples/'));
const product = code.filter(({ file }) => !file.startsWith('test/') && !file.startsWith('bench/'));

describe('the walls between the parts', () => {
  it('stand: every import is one that the table allows', () => {
    const wrong = code.flatMap(listImports).flatMap((found) => judgeImport(found) ?? []);
    expect(wrong).toEqual([]);
  });

  it.each([
    ['src/core/agent.ts', 'node:fs', undefined],
    ['src/core/agent.ts', '../store/open.ts', 'src/store/open.ts'],
    ['src/sandbox/linux.ts', '../pkgsrc/make.ts', 'src/pkgsrc/make.ts'],
    ['src/pkgsrc/make.ts', 'execa', undefined],
    ['cli/main.ts', '../src/sandbox/driver.ts', 'src/sandbox/driver.ts'],
    ['src/report/html.ts', '../../agent/main.ts', 'agent/main.ts'],
  ])('catch %s importing %s', (file, specifier, target) => {
    expect(judgeImport({ file, specifier, target })).toBeTypeOf('string');
  });
});

describe('the core', () => {
  const core = product.filter(({ file }) => file.startsWith('src/core/'));

  it('has no clock, no randomness of its own and no promise', () => {
    const impure = core.filter(({ text }) =>
      /\bDate\b|Math\.random|\basync\b|\bawait\b|\bPromise\b/.test(stripComments(text)),
    );
    expect(impure.map(({ file }) => file)).toEqual([]);
  });

  /** The text without its comments: those may speak of clocks. */
  function stripComments(text: string): string {
    return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
  }
});

describe('every source file', () => {
  it('has at most 400 lines, none over 140 columns', () => {
    const long = code.filter(({ text }) => text.split('\n').length > 401);
    const wide = code.filter(({ text }) => text.split('\n').some((line) => line.length > 140));
    expect([...long, ...wide].map(({ file }) => file)).toEqual([]);
  });

  it('leaves no TODO behind and speaks only of the project', () => {
    const words = /\b(TODO|FIXME|XXX)\b|\/work\/(main|shared)/;
    const loose = [...code, ...listSources('.md', '.sh', '.mk')].filter(
      ({ file, text }) => words.test(text) && !file.startsWith('test/tidy/'),
    );
    expect(loose.map(({ file }) => file)).toEqual([]);
  });
});
