import { beforeAll, describe, expect, it } from 'vitest';

import type { HostSpec, Scenario, TaskSpec } from '../scenario.ts';
import type { Outcome } from '../trace.ts';
import { runScenario } from '../world.ts';
import { createRecorder } from './recorder.ts';
import type { Recording } from './recording.ts';

const gib = 1024 ** 3;

const host = (name: string): HostSpec => ({
  ...{ name, joinMs: 0, seeds: ['h1', 'h2', 'h3'], slots: 2, spare: 0, cores: 4, speed: 1 },
  ...{ memoryBytes: 32 * gib, workMemoryBytes: 0, eligibility: 'allow', platform: 'p', mesh: 'mesh' },
  ...{ protocol: { oldest: 1, newest: 1 }, persistMs: 1 },
});

const task = (name: string, needs: readonly string[]): TaskSpec => ({
  ...{ name, needs, estimateMs: 20_000, serialMs: 20_000, parallelMs: 0, jobsSafe: true, weight: 100 },
  ...{ diskBytes: 1e6, memoryBytes: 1e6, sizeBytes: 1e6, reproducible: true, adds: [] },
  fate: name === 't5' ? { kind: 'fails' } : { kind: 'built' },
});

/** Three hosts, twelve tasks; whoever leads after half a minute dies and is back half a minute later. */
const scenario: Scenario = {
  ...{ seed: 7, words: [], healMs: 60_000, sharedFiles: false, stretches: false },
  hosts: ['h1', 'h2', 'h3'].map(host),
  plans: [
    {
      ...{ id: 'p1', addMs: 500, host: 'h1', files: true },
      tasks: Array.from({ length: 12 }, (_, i) => task(`t${i}`, i === 0 ? [] : ['t0'])),
    },
  ],
  faults: [{ kind: 'crash', atMs: 30_000, forMs: 30_000, host: '@leader' }],
  network: { delayMs: 0.5, bytesPerMs: 100_000 },
};

describe('a recorder', () => {
  let recording: Recording;
  let outcome: Outcome;
  beforeAll(() => {
    const recorder = createRecorder();
    outcome = runScenario(scenario, [recorder.observer]);
    recording = recorder.read();
  });

  it('has a bar for every start of a build, with the end that it came to', () => {
    expect(outcome.violation).toBeUndefined();
    expect(recording.runs).toHaveLength(outcome.runs);
    const endsOf = (name: string): readonly string[] =>
      recording.runs.filter((run) => recording.tasks[run.task]?.name === name).map(({ end }) => end);
    expect(endsOf('t0').at(-1)).toBe('built');
    expect(endsOf('t5').at(-1)).toBe('failed');
    expect(recording.runs.filter(({ end }) => end === 'running')).toEqual([]);
  });

  it('ends the bars of a host that dies there and then, and begins its next life', () => {
    const [crash] = recording.faults;
    expect(crash).toMatchObject({ kind: 'crash', fromMs: 30_000, toMs: 60_000 });
    const [victim] = crash?.hosts ?? [];
    const lost = recording.runs.filter(({ end }) => end === 'lost');
    expect(lost.map((run) => [run.host, run.toMs])).toEqual(lost.map(() => [victim, 30_000]));
    expect(lost.length).toBeGreaterThan(0);
    expect(recording.lives.filter((life) => life.host === victim)).toMatchObject([
      { incarnation: 1, toMs: 30_000, end: 'its process died' },
      { incarnation: 2, end: undefined },
    ]);
  });

  it('knows who led, and whom everybody followed, before and after', () => {
    const [first, second] = recording.follows.filter(({ host, leader }) => host === leader);
    expect(first).toMatchObject({ toMs: 30_000, ballot: 1 });
    expect(second?.leader).not.toBe(first?.leader);
    expect(second?.fromMs).toBeLessThan(33_000);
    const atEnd = recording.follows.filter(({ toMs }) => toMs === recording.endMs);
    expect(new Set(atEnd.map(({ leader }) => leader)).size).toBe(1);
    expect(atEnd).toHaveLength(3);
  });

  it('has every message once, with its arrival where it came, and tells what it says', () => {
    const kept = recording.messages.length + recording.unkept.reduce((sum, { count }) => sum + count, 0);
    expect(kept).toBe(outcome.messages);
    const grants = recording.messages.filter(({ kind }) => kind === 'grant');
    expect(grants.every(({ from, to }) => from !== to)).toBe(true);
    const took = grants.map(({ sentMs, arrivedMs }) => (arrivedMs ?? sentMs) - sentMs);
    expect(Math.min(...took)).toBeGreaterThan(0);
    expect(Math.max(...took)).toBeLessThan(10);
    expect(grants[0]?.text).toMatch(/^ballot 1 of h\d\nt\d+ \S+@h\d/);
  });

  it('tells what happened in the order of time, and what several hosts say in one line', () => {
    const texts = recording.events.map(({ text }) => text);
    expect(texts).toContain('agents start: h1, h2, h3');
    expect(texts).toContain('its agent starts, life 2');
    expect(texts).toContain('plan p1 with 12 tasks');
    expect(texts.filter((text) => /^is suspected by h\d, h\d$/.test(text))).toHaveLength(1);
    const times = recording.events.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
