import { describe, expect, it } from 'vitest';
import { planId } from '../../../src/core/ids.ts';
import { drawScenario } from './draw.ts';
import type { Fault, HostSpec, Scenario, TaskSpec } from './scenario.ts';
import type { Observer, Outcome, Place, WorldView } from './trace.ts';
import { Breach } from './trace.ts';
import { runScenario } from './world.ts';

const seconds = 1_000;

const hostOf = (name: string): HostSpec => ({
  ...{ name, joinMs: 0, seeds: name === 'h1' ? [] : ['h1'], slots: 2, spare: 0, cores: 4, speed: 1 },
  ...{ memoryBytes: 16 * 1024 ** 3, workMemoryBytes: 0, eligibility: 'allow', platform: 'p' },
  ...{ protocol: { oldest: 1, newest: 2 }, mesh: 'mesh', persistMs: 0 },
});

const taskOf = (name: string, needs: readonly string[] = []): TaskSpec => ({
  ...{
    name,
    needs,
    estimateMs: 20 * seconds,
    serialMs: 20 * seconds,
    parallelMs: 0,
    jobsSafe: true,
    weight: 100,
  },
  ...{
    diskBytes: 0,
    memoryBytes: 0,
    sizeBytes: 1_000_000,
    reproducible: true,
    fate: { kind: 'built' },
    adds: [],
  },
});

const tasks = Array.from({ length: 16 }, (_, index) =>
  taskOf(`t${index}`, index < 4 ? [] : [`t${index - 4}`]),
);

/** Two hosts, sixteen tasks of twenty seconds in four chains, and these faults. */
const scenarioOf = (faults: readonly Fault[], changes: Partial<Scenario> = {}): Scenario => ({
  seed: 5,
  hosts: [hostOf('h1'), hostOf('h2')],
  plans: [{ id: 'plan', addMs: 0, host: 'h1', files: true, tasks }],
  words: [],
  faults,
  healMs: 60 * seconds,
  network: { delayMs: 0.2, bytesPerMs: 100_000 },
  ...{ sharedFiles: false, stretches: false },
  ...changes,
});

/** Runs it, and tells what one place was like at some moments. */
const runAndLook = (
  scenario: Scenario,
  looks: readonly { readonly atMs: number; readonly look: (places: readonly Place[]) => void }[],
): Outcome => {
  let world: WorldView | undefined;
  const waiting = [...looks];
  const observer: Observer = {
    onStart: (given) => {
      world = given;
    },
    onStep: () => {
      while (world !== undefined && waiting[0] !== undefined && world.nowMs >= waiting[0].atMs) {
        waiting.shift()?.look(world.places);
      }
    },
  };
  const outcome = runScenario(scenario, [observer]);
  expect(outcome.violation).toBeUndefined();
  expect(waiting).toEqual([]);
  return outcome;
};

const isUp = (places: readonly Place[], name: string): boolean | undefined =>
  places.find((place) => place.name === name)?.isUp;

describe('a simulated world', () => {
  it('brings a plan to its end on every host, in about the time that the work takes', () => {
    const outcome = runScenario(scenarioOf([]));
    expect(outcome.violation).toBeUndefined();
    expect(outcome.runs).toBe(16);
    expect(outcome.endedAtMs).toBeGreaterThan(80 * seconds);
    expect(outcome.endedAtMs).toBeLessThan(100 * seconds);
  });

  it('gives the same trace each time, also where agents get copies of what others sent', () => {
    for (const seed of [11, 12]) {
      const scenario = drawScenario(seed, { tasks: 12 });
      const [first, second, copied] = [{}, {}, { copies: true }].map((options) =>
        runScenario(scenario, [], options),
      );
      expect(second).toEqual(first);
      expect(copied).toEqual(first);
    }
  });

  it('gives another trace where a fault is left out, but not before that fault', () => {
    const late: Fault = { kind: 'reset', atMs: 50 * seconds, a: 'h1', b: 'h2', blind: 'none' };
    const early: Fault = { kind: 'pause', atMs: 10 * seconds, host: 'h2', forMs: 3 * seconds };
    const listSteps = (scenario: Scenario): readonly string[] => {
      const steps: string[] = [];
      let world: WorldView | undefined;
      runScenario(scenario, [
        {
          onStart: (given) => {
            world = given;
          },
          onStep: (place, event) => steps.push(`${world?.nowMs} ${place.name} ${event.kind}`),
        },
      ]);
      return steps;
    };
    const [both, one] = [[early, late], [early]].map((faults) => listSteps(scenarioOf(faults)));
    const isBefore = (step: string): boolean => Number.parseFloat(step) < 50 * seconds;
    expect(both?.filter(isBefore)).toEqual(one?.filter(isBefore));
    expect(both).not.toEqual(one);
  });

  it('starts a crashed agent again with what it had stored, and in another life', () => {
    const crash: Fault = { kind: 'crash', atMs: 50 * seconds, host: 'h2', forMs: 5 * seconds };
    runAndLook(scenarioOf([crash]), [
      { atMs: 52 * seconds, look: (places) => expect(isUp(places, 'h2')).toBe(false) },
      {
        atMs: 58 * seconds,
        look: ([, place]) => {
          expect(place?.life?.incarnation).toBe(2);
          expect(place?.entries(planId('plan')).length).toBeGreaterThanOrEqual(4);
        },
      },
    ]);
  });

  it('gives a machine whose disk was wiped another name, and nothing else', () => {
    const wipe: Fault = { kind: 'wipe', atMs: 50 * seconds, host: 'h2', forMs: 5 * seconds };
    runAndLook(scenarioOf([wipe]), [
      {
        atMs: 54 * seconds,
        look: ([, place]) => expect(place?.entries(planId('plan'))).toEqual([]),
      },
      {
        atMs: 58 * seconds,
        look: ([, place]) => {
          expect(place?.name).toBe('h2');
          expect(place?.life).toMatchObject({ host: 'h2w', incarnation: 1 });
        },
      },
    ]);
  });

  it('lets an agent that is told to end finish what it runs, end, and come back', () => {
    const leave: Fault = {
      kind: 'leave',
      atMs: 30 * seconds,
      host: 'h2',
      mode: 'drain',
      forMs: 25 * seconds,
    };
    const outcome = runAndLook(scenarioOf([leave]), [
      { atMs: 31 * seconds, look: ([, place]) => expect(place?.isLeaving).toBe(true) },
      { atMs: 50 * seconds, look: (places) => expect(isUp(places, 'h2')).toBe(false) },
      { atMs: 57 * seconds, look: (places) => expect(isUp(places, 'h2')).toBe(true) },
    ]);
    expect(outcome.runs, 'nothing was built twice').toBe(16);
  });

  it('leaves the dead dead, but never the last one that can lead', () => {
    const deaths = ['h1', 'h2'].map(
      (host, index): Fault => ({ kind: 'die', atMs: (20 + index) * seconds, host, how: 'machine' }),
    );
    const outcome = runAndLook(scenarioOf(deaths), [
      {
        atMs: 70 * seconds,
        look: (places) => expect([isUp(places, 'h1'), isUp(places, 'h2')]).toEqual([false, true]),
      },
    ]);
    expect(outcome.faults).toBe(1);
  });

  it('runs a copy of an agent beside it for a while, and then the right one alone, with a higher number', () => {
    const clone: Fault = { kind: 'clone', atMs: 20 * seconds, host: 'h2', forMs: 20 * seconds };
    runAndLook(scenarioOf([clone]), [
      {
        atMs: 25 * seconds,
        look: (places) => {
          expect(places.map(({ name }) => name)).toEqual(['h1', 'h2', 'h2+1']);
          expect(places[2]?.life).toMatchObject({ host: 'h2', incarnation: 2 });
        },
      },
      {
        atMs: 45 * seconds,
        look: (places) => {
          expect(isUp(places, 'h2+1')).toBe(false);
          expect(places[1]?.life).toMatchObject({ host: 'h2', incarnation: 3 });
        },
      },
    ]);
  });

  it('makes an agent that cannot store wait with all that follows, until it can', () => {
    const fails: Fault = {
      ...{ kind: 'persistFails', atMs: 10 * seconds, host: 'h1', forMs: 40 * seconds },
      ...{ error: 'ENOSPC', isFatal: false },
    };
    const built = ([place]: readonly Place[]): number => place?.entries(planId('plan')).length ?? 0;
    runAndLook(scenarioOf([fails]), [
      { atMs: 49 * seconds, look: (places) => expect(built(places)).toBe(0) },
      { atMs: 60 * seconds, look: (places) => expect(built(places)).toBeGreaterThan(0) },
    ]);
  });

  it('ends with the first thing that may not be, and says what and where', () => {
    const observer: Observer = {
      onEffect: (_, effect) => {
        if (effect.kind === 'start' && effect.task === 't9') throw new Breach('S99', 'nine is too many');
      },
    };
    const { violation } = runScenario(scenarioOf([]), [observer]);
    expect(violation).toMatchObject({ check: 'S99', what: 'nine is too many' });
    expect(violation?.place).toMatch(/^h[12]$/);
  });
});
