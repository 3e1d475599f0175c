import type { Recording, RunBar, RunEnd } from './recording.ts';

const run = (
  host: number,
  lane: number,
  task: number,
  fromMs: number,
  toMs: number,
  end: RunEnd,
): RunBar => ({
  ...{ host, lane, task, fromMs, toMs, end, jobs: 4 },
  token: `1.1.boot.${task + 1}.${host}@h1`,
  origin: `grant ${task + 1} of h1 (life 1) under ballot 1`,
  hops: host,
  detail: end === 'failed' ? 'package, in build: Error code 1' : '',
});

/** A run of 100 s, by hand: h1 leads and dies at 40 s, h2 takes over, and builds again what was lost. */
export const failover: Recording = {
  title: 'Seed 7',
  figures: [
    { name: 'hosts', value: '2' },
    { name: 'S5', value: 'violation of', isBad: true },
  ],
  endMs: 100_000,
  hosts: [
    { name: 'h1', detail: '1 slots', lanes: ['build-1'], queue: [{ atMs: 5_000, depth: 3 }] },
    { name: 'h2', detail: '2 slots', lanes: ['build-1', 'build-2'], queue: [] },
  ],
  plans: [{ name: '20261123T000000Z-aaaaaa', detail: '4 tasks' }],
  tasks: [
    { name: 'perl-5.42', plan: 0, needs: [], estimateMs: 20_000 },
    { name: 'p5-XML-2.4', plan: 0, needs: [0], estimateMs: 10_000 },
    { name: 'broken-<b>1</b>', plan: 0, needs: [0], estimateMs: 10_000 },
    { name: 'never-1.0', plan: 0, needs: [2], estimateMs: 10_000 },
  ],
  runs: [
    run(1, 0, 0, 5_000, 30_000, 'built'),
    run(0, 0, 1, 30_000, 40_000, 'lost'),
    run(1, 1, 2, 31_000, 45_000, 'failed'),
    run(1, 0, 1, 50_000, 80_000, 'built'),
  ],
  chores: [{ host: 0, lane: 0, kind: 'prepare', fromMs: 1_000, toMs: 2_000 }],
  lives: [
    { host: 0, incarnation: 1, fromMs: 0, toMs: 40_000, end: 'its process died' },
    { host: 1, incarnation: 1, fromMs: 0, toMs: 100_000, end: undefined },
  ],
  follows: [
    { host: 0, leader: 0, fromMs: 3_000, toMs: 40_000, ballot: 1 },
    { host: 1, leader: 0, fromMs: 3_000, toMs: 40_000, ballot: 1 },
    { host: 1, leader: 1, fromMs: 41_000, toMs: 100_000, ballot: 2 },
  ],
  faults: [
    { kind: 'crash', fromMs: 40_000, toMs: 100_000, hosts: [0], text: '' },
    { kind: 'cut', fromMs: 60_000, toMs: 70_000, hosts: [0, 1], text: 'from h1 to h2' },
    { kind: 'partition', fromMs: 85_000, toMs: 90_000, hosts: [], sides: [[0], [1]], text: '' },
  ],
  events: [
    { atMs: 40_000, group: 'fault', host: 0, text: 'crash' },
    { atMs: 41_000, group: 'leader', host: 1, text: 'leads, ballot 2' },
    { atMs: 95_000, group: 'violation', host: 1, text: 'S5: something runs twice' },
  ],
  messages: [
    {
      kind: 'grant',
      from: 0,
      to: 1,
      sentMs: 4_000,
      arrivedMs: 5_000,
      text: 'ballot 1 of h1\nperl-5.42 1.1.1.0@h1',
    },
    { kind: 'canvass', from: 1, to: 0, sentMs: 40_500, arrivedMs: undefined, text: 'round 1' },
  ],
  unkept: [{ kind: 'heartbeat', count: 12_345 }],
};

/** As many hosts and tasks as a long run of a large mesh has, with every journal entry told to every host. */
export const makeLarge = (hosts: number, tasks: number): Recording => {
  const endMs = Math.ceil(tasks / hosts) * 10_000;
  const runs = Array.from({ length: tasks }, (_, task) => {
    const fromMs = Math.floor(task / hosts) * 10_000;
    return run(task % hosts, Math.floor(task / hosts) % 4, task, fromMs, fromMs + 9_000, 'built');
  });
  return {
    ...failover,
    endMs,
    hosts: Array.from({ length: hosts }, (_, host) => ({
      ...{ name: `h${host + 1}`, detail: '', lanes: ['a', 'b', 'c', 'd'] },
      queue: Array.from({ length: 1_000 }, (_unused, at) => ({ atMs: (at * endMs) / 1_000, depth: at % 4 })),
    })),
    tasks: runs.map(({ task }) => ({ ...{ name: `pkg${task}-1.0`, plan: 0, estimateMs: 9_000 }, needs: [] })),
    runs,
    lives: Array.from({ length: hosts }, (_, host) => ({
      ...{ host, incarnation: 1, fromMs: 0, toMs: endMs, end: undefined },
    })),
    events: runs.map(({ host, toMs, task }) => ({
      atMs: toMs,
      group: 'steal',
      host,
      text: `gives pkg${task}-1.0`,
    })),
    messages: runs.flatMap(({ host, task, toMs }) =>
      Array.from({ length: hosts }, (_, to) => ({
        ...{ kind: 'entries', from: host, to, sentMs: toMs, arrivedMs: toMs + 1 + (to % 3) },
        text: `journal of h${host} from number ${task}\n#${task} pkg${task}-1.0 built 1.1.${task}.0@h1`,
      })),
    ),
  };
};
