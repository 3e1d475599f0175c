import { slotName } from '../../../src/core/ids.ts';
import { createStream } from './chance.ts';
import { createDialler } from './dialler.ts';
import { dropBadRows, findBallotN } from './disk.ts';
import type { Ground, Machine, Process } from './ground.ts';
import { findTrouble } from './ground.ts';
import type { Station } from './network.ts';
import { drainDeferred, flushKept, givePlan, stepAgent } from './shell.ts';
import type { DownKind } from './trace.ts';

/** Starts the agent of a machine that has none, unless the machine is gone for good. */
export const startProcess = (ground: Ground, machine: Machine): void => {
  if (machine.isUp || machine.isGone) return;
  machine.isPowered = true;
  machine.isLeaving = false;
  machine.boots += 1;
  machine.disk.incarnation += 1;
  dropBadRows(machine.disk);
  forgetVanished(machine);
  const process = createProcess(ground, machine);
  machine.process = process;
  for (const { onUp } of ground.watchers.all) onUp?.(machine);
  const { station } = process;
  station.step(describeBoot(machine, process, ground.scenario.sharedFiles));
  station.enqueue(() => tellHost(process));
  for (const [planId, { plan, ending }] of machine.disk.plans) {
    if (ending !== 'stopped') station.enqueue(() => givePlan(ground, process, planId, plan));
  }
  learnPlaces(ground, process);
};

/** Of a file that is not there an agent that starts does not think that it is. */
const forgetVanished = ({ disk, unnoticed }: Machine): void => {
  for (const [planId, tasks] of unnoticed) {
    const files = disk.files.get(planId);
    for (const task of tasks) if (files?.has(task) !== true) tasks.delete(task);
  }
};

/** Ends a process; what was on its way to it is lost. */
export const endProcess = (ground: Ground, process: Process, how: DownKind, keptShare = 0): void => {
  const { machine, station } = process;
  if (!station.isAlive) return;
  if (process.random.chance(0.5)) process.store?.();
  process.store = undefined;
  flushKept(process, how === 'left' ? 1 : keptShare);
  station.isAlive = false;
  process.deferred = [];
  process.rest = undefined;
  if (how === 'power') machine.isPowered = false;
  else ground.network.closeAll(station);
  machine.isLeaving = false;
  for (const { onDown } of ground.watchers.all) onDown?.(machine, how);
};

const createProcess = (ground: Ground, machine: Machine): Process => {
  const { scenario, agenda, network, core, limits, rules } = ground;
  const { spec, index } = machine;
  const { host, incarnation } = machine.disk;
  const random = createStream(scenario.seed, 'shell', machine.name, machine.boots);
  const boot = Array.from({ length: 8 }, () => String.fromCharCode(97 + Math.floor(26 * random.next()))).join(
    '',
  );
  const life = { host, incarnation, boot };
  const { mesh, protocol, platform, eligibility, slots: runs, cores } = spec;
  const station: Station = {
    place: index,
    hello: { life, mesh, protocol, platform, eligibility, runs, cores },
    isAlive: true,
    ends: new Map(),
    peers: new Map(),
    lastSession: 0,
    enqueue: (job) => {
      if (!station.isAlive) return;
      if (process.pauses === 0 && !process.isStoring && process.rest === undefined) job();
      else process.deferred.push(job);
    },
    step: (event) =>
      stepAgent(ground, { kill: (dying, how) => endProcess(ground, dying, how) }, process, event),
    onConnect: (place) => meet(ground, process, place),
    onDisconnect: (place, lastedMs) => process.dialler.lose(place, lastedMs),
  };
  const process: Process = {
    ...{ machine, life, station, random, pauses: countPauses(machine), isStoring: false },
    state: core.create({ limits, rules }),
    dialler: createDialler({
      ...{ agenda, network, station, random },
      findStation: (place) => liveStation(ground, place),
      isPaused: (place) => ground.machines[place]?.isPaused === true,
      isLower: (place) => host < (ground.machines[place]?.disk.host ?? host),
      onRefused: (place) => {
        const refused = process.hosts.get(place);
        if (refused !== undefined) station.step({ kind: 'dialRefused', host: refused });
      },
    }),
    ...{
      store: undefined,
      rest: undefined,
      deferred: [],
      effectsLeft: undefined,
      wakes: 0,
      isFlushing: false,
    },
    ...{ slots: new Map(), lastOrder: 0, isSweeping: false, builds: new Map() },
    ...{ given: new Set(), ended: new Map(), hosts: new Map() },
  };
  return process;
};

const countPauses = ({ troubles }: Machine): number => troubles.filter(({ kind }) => kind === 'pause').length;

const liveStation = ({ machines }: Ground, place: number): Station | undefined => {
  const station = machines[place]?.process?.station;
  return station?.isAlive === true ? station : undefined;
};

const describeBoot = (
  { spec, disk, name, boots }: Machine,
  { life, random }: Process,
  sharedFiles: boolean,
) => {
  const { slots: runs, spare, cores, workMemoryBytes, mesh: id, protocol, platform, eligibility } = spec;
  const slots = Array.from({ length: runs + spare }, (_, index) => slotName(`build-${index + 1}`));
  const expectsPeers = spec.seeds.some((seed) => seed !== name) || disk.peers.size > 0;
  const ballotN = findBallotN(disk);
  const seed = random.between(0, 0x7fffffff) + boots;
  const mesh = { id, protocol, platform, eligibility, expectsPeers, ballotN, sharedFiles };
  return { kind: 'booted', life, slots, runs, cores, workMemoryBytes, seed, mesh } as const;
};

/** What the host has, and what of it the agent may use. */
const tellHost = ({ machine, station }: Process): void => {
  const { spec } = machine;
  station.step({ kind: 'resources', resources: measure(machine) });
  const allowance = findTrouble(machine, 'allowance');
  if (allowance !== undefined) {
    const slots = Math.max(1, Math.min(spec.slots, allowance.slots));
    const cores = Math.max(1, Math.floor((spec.cores * slots) / spec.slots));
    station.step({ kind: 'allowance', slots, cores });
  }
  if (findTrouble(machine, 'drained') !== undefined) station.step({ kind: 'drained', isDrained: true });
  const lag = findTrouble(machine, 'lag');
  if (lag !== undefined) station.step({ kind: 'lag', lagMs: lag.lagMs });
};

export const measure = (machine: Machine) => {
  const { memoryBytes } = machine.spec;
  const diskTotalBytes = 400 * 1024 ** 3;
  const diskFreeBytes = Math.round(diskTotalBytes * (findTrouble(machine, 'fullDisk')?.freeShare ?? 0.6));
  return { memoryBytes, memoryAvailableBytes: memoryBytes, diskFreeBytes, diskTotalBytes };
};

/** It calls those of whom it knows: by its command line, and from earlier lives. */
const learnPlaces = (ground: Ground, process: Process): void => {
  const { machine, dialler } = process;
  const seeds = ground.machines
    .filter(({ name }) => machine.spec.seeds.includes(name))
    .map(({ index }) => index);
  dialler.learn([...seeds, ...machine.disk.peers]);
};

/** Two shells that have met know each other's address, and pass on to all whom they are connected with what is new. */
const meet = (ground: Ground, process: Process, place: number): void => {
  const other = liveStation(ground, place);
  if (other === undefined) return;
  process.hosts.set(place, other.hello.life.host);
  const theirs = ground.machines[place]?.process?.dialler.known.keys() ?? [];
  hearOf(ground, process, [place, ...theirs]);
};

const hearOf = (ground: Ground, process: Process, places: readonly number[]): void => {
  const { disk, index } = process.machine;
  const news = places.filter((place) => place !== index && !disk.peers.has(place));
  process.dialler.learn(places);
  if (news.length === 0) return;
  for (const place of news) disk.peers.add(place);
  for (const [place, count] of process.station.peers) {
    const peer = count > 0 ? ground.machines[place]?.process : undefined;
    if (peer?.station.isAlive === true) hearOf(ground, peer, news);
  }
};

/** A process that stood still goes on, unless something else keeps it. */
export const resumeProcess = (process: Process): void => {
  process.pauses -= 1;
  drainDeferred(process);
};
