import type { HostView } from '../view/hostView.ts';
import type { HostStanding, MeshSnapshot } from '../view/meshView.ts';
import type { Family, Sample } from './exposition.ts';
import type { Tally } from './tally.ts';

/** How much of files went between this host and others, bytes of their content. */
export interface FileTraffic {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What the figures are taken from. */
export interface FigureSources {
  /** Without asking other hosts: whoever wants their figures asks them. */
  readonly mesh: MeshSnapshot;
  readonly tally: Pick<Tally, 'ends' | 'troubles'>;
  /** Messages by kind. */
  readonly sent: ReadonlyMap<string, number>;
  readonly heard: ReadonlyMap<string, number>;
  readonly files: FileTraffic;
  readonly delayMaxMs: number;
}

/** All figures of an agent. */
export const listFamilies = (sources: FigureSources): readonly Family[] => {
  const { mesh, tally } = sources;
  const self = mesh.hosts.find(({ standing }) => standing === 'self')?.view;
  return [
    ...(self === undefined ? [] : listOwn(self, sources)),
    counter(
      'bulkmesh_packages_ended_total',
      'Packages that ended on this host.',
      byLabel('outcome', tally.ends),
    ),
    counter(
      'bulkmesh_troubles_total',
      'Attempts that trouble of this host ended, and trouble with its slots.',
      byLabel('kind', tally.troubles),
    ),
    gauge('bulkmesh_peers', 'Other hosts, by how this one sees them.', countPeers(mesh)),
    ...listBuilds(mesh),
    ...listTraffic(sources),
  ];
};

const listOwn = (view: HostView, { delayMaxMs, mesh }: FigureSources): readonly Family[] => [
  gauge('bulkmesh_info', 'Always 1.', [
    { labels: { host: view.host, name: view.name, version: view.version, mesh: mesh.mesh ?? '' }, value: 1 },
  ]),
  gauge(
    'bulkmesh_start_time_seconds',
    'When the agent was started, Unix time.',
    one(view.startedAtMs / 1000),
  ),
  gauge('bulkmesh_slots', 'Slots, by what they do.', countSlots(view)),
  gauge('bulkmesh_slots_usable', 'Packages that may be built at a time now.', one(view.usable)),
  gauge('bulkmesh_queue', 'Packages that were given to this host and wait for a slot.', one(view.queued)),
  gauge(
    'bulkmesh_drained',
    '1: a person has said that this host starts nothing more.',
    one(Number(view.isDrained)),
  ),
  gauge('bulkmesh_coordinator', '1: this host coordinates the mesh.', one(Number(view.isCoordinator))),
  gauge('bulkmesh_speed', 'Expected by actual time of what was built here.', one(view.speed)),
  gauge(
    'bulkmesh_disk_free_bytes',
    'Of the disk, among those that builds fill, with the least room.',
    some(view.diskFreeBytes),
  ),
  gauge('bulkmesh_memory_free_bytes', 'Memory that programs could have.', some(view.memoryFreeBytes)),
  gauge(
    'bulkmesh_event_loop_delay_p99_seconds',
    'How late timers of the agent are.',
    one(view.delayP99Ms / 1000),
  ),
  gauge('bulkmesh_event_loop_delay_max_seconds', 'The same at its worst.', one(delayMaxMs / 1000)),
];

const listBuilds = ({ builds }: MeshSnapshot): readonly Family[] => {
  const states = ['built', 'failed', 'blocked', 'masked', 'kept', 'running', 'ready', 'waiting'] as const;
  return [
    gauge(
      'bulkmesh_build_packages',
      'Packages of the builds that go on, as this host knows them.',
      builds.flatMap(({ build, counts }) =>
        counts === undefined
          ? []
          : states.map((state) => ({ labels: { build, state }, value: counts[state] })),
      ),
    ),
    gauge(
      'bulkmesh_build_end_time_seconds',
      'When a build may end, Unix time.',
      builds.flatMap(({ build, predictedEndMs }) =>
        predictedEndMs === undefined ? [] : [{ labels: { build }, value: predictedEndMs / 1000 }],
      ),
    ),
  ];
};

const listTraffic = ({ mesh, sent, heard, files }: FigureSources): readonly Family[] => {
  const traffic = mesh.hosts.find(({ standing }) => standing === 'self')?.view?.traffic;
  return [
    counter('bulkmesh_messages_sent_total', 'Messages to other hosts.', byLabel('kind', sent)),
    counter('bulkmesh_messages_received_total', 'Messages of other hosts.', byLabel('kind', heard)),
    counter(
      'bulkmesh_message_bytes_sent_total',
      'Bytes of messages to other hosts.',
      some(traffic?.bytesOut),
    ),
    counter(
      'bulkmesh_message_bytes_received_total',
      'Bytes of messages of other hosts.',
      some(traffic?.bytesIn),
    ),
    counter(
      'bulkmesh_steals_total',
      'Packages that this host took from another one.',
      one(sent.get('taken') ?? 0),
    ),
    counter('bulkmesh_file_bytes_sent_total', 'Bytes of files given to other hosts.', one(files.bytesOut)),
    counter('bulkmesh_file_bytes_received_total', 'Bytes of files got from other hosts.', one(files.bytesIn)),
  ];
};

const standings: readonly HostStanding[] = ['alive', 'suspect', 'dead', 'left', 'unreachable'];

const countPeers = ({ hosts }: MeshSnapshot): readonly Sample[] =>
  standings.map((state) => ({
    labels: { state },
    value: hosts.filter(({ standing }) => standing === state).length,
  }));

const slotStates = ['preparing', 'ready', 'running', 'cleaning', 'retired'] as const;

const countSlots = ({ slots }: HostView): readonly Sample[] =>
  slotStates.map((state) => ({
    labels: { state },
    value: slots.filter((slot) => slot.state === state).length,
  }));

const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  ...{ name, help, samples },
  type: 'counter',
});

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  ...{ name, help, samples },
  type: 'gauge',
});

const one = (value: number): readonly Sample[] => [{ labels: {}, value }];

const some = (value: number | undefined): readonly Sample[] => (value === undefined ? [] : one(value));

const byLabel = (label: string, counts: ReadonlyMap<string, number>): readonly Sample[] =>
  [...counts].map(([name, value]) => ({ labels: { [label]: name }, value }));
