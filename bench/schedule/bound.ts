import type { Case } from './engine.ts';
import { coreTime, longestPath, sumOf, wallWith } from './workload.ts';

/**
 * No schedule of a case is shorter, milliseconds: neither than its longest path on the fastest host (with all the cores of one
 * host), nor than the time in which the hosts together can do its work.
 */
export const lowerBoundMs = (input: Case): number => {
  const { workload, hosts, model } = input;
  const speedMax = Math.max(...hosts.map(({ speed }) => speed));
  const coresMax = Math.max(...hosts.map(({ cores }) => cores));
  const times = workload.work.map((work) => (model === 'fixed' ? work.wallMs : wallWith(work, coresMax)));
  const total = sumOf(workload.work.map((work) => (model === 'fixed' ? work.wallMs : coreTime(work))));
  return Math.max(longestPath(workload, times) / speedMax, timeForWork(input, total));
};

/** When hosts that come and go have done so much, if none ever idles. */
const timeForWork = ({ hosts, model }: Case, totalMs: number): number => {
  const powerOf = ({ slots, cores, speed }: Case['hosts'][number]): number =>
    speed * (model === 'fixed' ? slots : cores);
  const changes = hosts
    .flatMap((host) => [
      { atMs: host.joinMs ?? 0, power: powerOf(host) },
      { atMs: host.dieMs ?? Number.POSITIVE_INFINITY, power: -powerOf(host) },
    ])
    .sort((a, b) => a.atMs - b.atMs);
  let nowMs = 0;
  let power = 0;
  let leftMs = totalMs;
  for (const change of changes) {
    const passedMs = change.atMs - nowMs;
    if (leftMs <= power * passedMs) break;
    leftMs -= passedMs > 0 ? power * passedMs : 0;
    nowMs = change.atMs;
    power += change.power;
  }
  return nowMs + leftMs / power;
};
