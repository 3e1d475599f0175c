import { itemAt } from '../../src/core/assert.ts';
import { createRandom, drawIndex, drawShare, type RandomState } from '../../src/core/random.ts';
import { lowerBoundMs } from './bound.ts';
import type { Case } from './engine.ts';
import type { HostSpec, Model } from './machine.ts';
import type { Workload } from './workload.ts';

/** What hosts are like, and what happens to them. */
export type Turn = 'equal' | 'unequal' | 'join' | 'death';

/** One row of the table: a mesh, run once for each seed. */
export interface Row {
  readonly workload: Workload;
  readonly model: Model;
  readonly hosts: number;
  readonly slots: number;
  readonly turn: Turn;
  /** Estimates are off by `e^(sigma z)`, z drawn for each task. */
  readonly sigma: number;
  readonly seeds: readonly number[];
}

/** All hosts of the models have as many. */
const CORES = 16;
const SLOWEST = 0.5;
const FASTEST = 1.5;

/** The input of one run. */
export const makeCase = ({ workload, model, hosts, slots, turn, sigma }: Row, seed: number): Case => {
  const random = createRandom(seed);
  const estimateMs = Float64Array.from(
    workload.work,
    ({ wallMs }) => wallMs * Math.exp(sigma * drawNormal(random)),
  );
  const speeds = turn === 'unequal' ? drawSpeeds(random, hosts) : [];
  const specs = Array.from({ length: hosts }, (_, host) => ({
    slots,
    cores: CORES,
    speed: speeds[host] ?? 1,
  }));
  return {
    workload,
    model,
    estimateMs,
    hosts: turnHosts({ workload, model, estimateMs, hosts: specs }, turn),
  };
};

/** The last host comes when a quarter of the time is over that the others would take; or the first one dies at half time. */
const turnHosts = (input: Case, turn: Turn): readonly HostSpec[] => {
  const { hosts } = input;
  if (turn === 'join') {
    const joinMs = 0.25 * lowerBoundMs({ ...input, hosts: hosts.slice(0, -1) });
    return hosts.map((host, index) => (index === hosts.length - 1 ? { ...host, joinMs } : host));
  }
  if (turn === 'death') {
    const dieMs = 0.5 * lowerBoundMs(input);
    return hosts.map((host, index) => (index === 0 ? { ...host, dieMs } : host));
  }
  return hosts;
};

/** Evenly between the slowest and the fastest, in an order by chance. */
const drawSpeeds = (random: RandomState, hosts: number): readonly number[] => {
  const step = (FASTEST - SLOWEST) / Math.max(1, hosts - 1);
  const speeds = Array.from({ length: hosts }, (_, host) => SLOWEST + step * host);
  for (let last = hosts - 1; last > 0; last--) {
    const other = drawIndex(random, last + 1);
    [speeds[last], speeds[other]] = [itemAt(speeds, other), itemAt(speeds, last)];
  }
  return speeds;
};

/** Box and Muller's transform. */
const drawNormal = (random: RandomState): number =>
  Math.sqrt(-2 * Math.log(1 - drawShare(random))) * Math.cos(2 * Math.PI * drawShare(random));
