import { describe, expect, it } from 'vitest';
import { type ExplainedBuild, type ExplainedPackage, explainPackage } from '../../cli/explain.ts';
import type { Fact, Outcome } from '../../src/core/facts/fact.ts';
import { taskName } from '../../src/core/ids.ts';
import type { Decided } from '../../src/pkgsrc/fresh/verdict.ts';
import { makeLife } from '../core/lives.ts';
import { makeFact } from '../store/makeFact.ts';

const absent: Decided = { kind: 'build', reasons: [{ kind: 'absent' }] };
const pkg = (name: string, needs: readonly string[], decided: Decided = absent): ExplainedPackage => ({
  pkgname: `${name}-1`,
  pkgpath: `cat/${name}`,
  needs: needs.map((need) => `${need}-1`),
  decided,
});
const packages = [
  pkg('base', []),
  pkg('broken', []),
  pkg('middle', ['broken', 'base']),
  pkg('top', ['middle']),
  pkg('next', ['base']),
  pkg('masked', [], { kind: 'masked', by: 'skip', reason: 'not for Linux' }),
  pkg('above', ['masked'], { kind: 'indirect', of: 'masked', culprits: ['masked-1'] }),
  pkg('kept', [], { kind: 'kept' }),
];

const life = makeLife('h1');
const factOf = (name: string, outcome?: Outcome): [string, Fact] => [
  name,
  { ...makeFact(life, 1, outcome), task: taskName(name), wallMs: 3000 },
];
const failed: Outcome = { kind: 'failed', class: 'package', stage: 'build', reason: 'no such header' };

const explain = (name: string, changes: Partial<ExplainedBuild> = {}): string => {
  const build: ExplainedBuild = {
    packages: new Map(packages.map((one) => [one.pkgname, one])),
    facts: new Map([factOf('broken-1', failed)]),
    running: new Map(),
    isOpen: true,
    logDir: '/logs',
    ...changes,
  };
  const found = build.packages.get(`${name}-1`);
  return found === undefined ? '' : explainPackage(found, build).join('\n');
};

describe('why a package stands where it stands', () => {
  it('names what failed below a blocked one, however far, with stage and reason', () => {
    expect(explain('top')).toContain('top-1 (cat/top) is blocked by broken-1');
    expect(explain('top')).toContain('  broken-1 failed in build: no such header');
  });

  it('names the log of a failure', () => {
    expect(explain('broken')).toContain('  log: /logs/broken-1/build.log');
  });

  it('tells what one waits for, and what that is at', () => {
    expect(explain('next')).toContain('next-1 (cat/next) waits for base-1');
    expect(explain('base')).toContain('is ready, and waits for a slot');
    const slot = { slot: 'build-2', state: 'running', pkg: 'base-1', stage: 'configure' } as const;
    const running = new Map([['base-1', { ...slot, jobs: 1, startedAtMs: 1, stageAtMs: 1 }]]);
    expect(explain('next', { running })).toContain('  base-1 is being built in build-2, stage configure');
  });

  it('tells of a build that was stopped what it did not reach', () => {
    expect(explain('next', { isOpen: false })).toContain('was not reached: the build was stopped');
    expect(explain('base', { isOpen: false })).toContain('was ready when the build was stopped');
  });

  it('tells what was never to be built, and what is kept', () => {
    expect(explain('above')).toMatch(
      /cannot be built: it needs masked-1\n {2}masked-1 is masked: not for Linux/,
    );
    expect(explain('kept')).toContain('was kept');
  });

  it('ends a chain of reasons that comes back to itself', () => {
    const round = (name: string, other: string): [string, ExplainedPackage] => [
      `${name}-1`,
      pkg(name, [other], { kind: 'build', reasons: [{ kind: 'rebuilt', pkgname: `${other}-1` }] }),
    ];
    const text = explain('x', { packages: new Map([round('x', 'y'), round('y', 'x')]) });
    expect(text.match(/is built again/g)).toHaveLength(2);
  });
});
