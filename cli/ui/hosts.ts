import type { HostView } from '../../agent/view/hostView.ts';
import { type HostEntry, listSlots, type MeshSnapshot } from '../../agent/view/meshView.ts';
import { escapeLine } from './escape.ts';
import { formatBytes, formatDuration, formatNumberOf } from './format.ts';
import { type Column, renderTable } from './table.ts';
import { type Look, paint, type Tone } from './text.ts';

/** All hosts in a table, and below it what is not as it should be with some of them. */
export function renderHosts(mesh: MeshSnapshot, look: Look, nowMs: number): string[] {
  const rows = mesh.hosts.map((entry) => ({ entry, isLeader: entry.host === mesh.coordinator }));
  return [
    ...renderTable(makeColumns(nowMs), rows, look),
    ...mesh.hosts.flatMap((entry) => describeFaults(entry).map((line) => paint(line, 'yellow', look))),
  ];
}

/** What a host tells of itself; undefined for one that is gone: it is so no more. */
export function findView({ view, standing }: HostEntry): HostView | undefined {
  return standing === 'dead' || standing === 'left' ? undefined : view;
}

/** How a host is, in one word. */
export function nameState({ standing, view }: HostEntry): string {
  switch (standing) {
    case 'self':
    case 'alive':
      if (view === undefined) return 'no answer';
      if (view.isEnding) return 'leaving';
      return view.isDrained ? 'drained' : 'up';
    case 'suspect':
      return 'silent';
    case 'dead':
    case 'left':
    case 'unreachable':
      return standing;
  }
}

/** The colour of that word. */
export function toneOfState(entry: HostEntry): Tone {
  const state = nameState(entry);
  if (state === 'up') return 'green';
  return state === 'dead' || state === 'unreachable' || state === 'no answer' ? 'red' : 'yellow';
}

/** Slots that run something, of those that may. */
export function describeSlots({ slots, usable, runs }: HostView): string {
  const running = slots.filter(({ state }) => state === 'running').length;
  return usable < runs ? `${running}/${usable} of ${runs}` : `${running}/${runs}`;
}

/** Why the host starts nothing more; undefined where all of its slots run, or nothing is in the way. */
export function describeIdle({ view, standing, why }: HostEntry): string | undefined {
  if (standing !== 'self' && standing !== 'alive') return why;
  if (view === undefined) return why;
  return view.idle;
}

/** What sets a host apart from this one, and what it warns of, each in a line. */
export function describeFaults(entry: HostEntry): string[] {
  const name = escapeLine(entry.name);
  const differences = entry.differences.map(
    ({ what, mine, theirs, todo }) =>
      `${name}: another ${escapeLine(what)}: ${escapeLine(theirs)}, here ${escapeLine(mine)}; ${escapeLine(todo)}`,
  );
  const warnings = (entry.view?.warnings ?? []).map((text) => `${name}: ${escapeLine(text)}`);
  return [...differences, ...warnings];
}

/** `mesh m1: 3 of 4 hosts up, 5 of 12 slots run, coordinator build1`; undefined for a host that is alone. */
export function describeMesh(mesh: MeshSnapshot): string | undefined {
  if (mesh.mesh === undefined) return undefined;
  const up = mesh.hosts.filter(({ standing }) => standing === 'self' || standing === 'alive');
  const views = up.flatMap(({ view }) => view ?? []);
  const running = views.flatMap(({ slots }) => slots.filter(({ state }) => state === 'running')).length;
  const usable = views.reduce((sum, view) => sum + (view.isDrained ? 0 : view.usable), 0);
  const leader = mesh.hosts.find(({ host }) => host !== undefined && host === mesh.coordinator);
  const led = leader === undefined ? 'nobody coordinates' : `coordinator ${escapeLine(leader.name)}`;
  const hosts = `${up.length} of ${formatNumberOf(mesh.hosts.length, 'host')} up`;
  return `mesh ${escapeLine(mesh.mesh)}: ${hosts}, ${running} of ${formatNumberOf(usable, 'slot')} run, ${led}`;
}

interface Row {
  readonly entry: HostEntry;
  readonly isLeader: boolean;
}

const ofView =
  (say: (view: HostView) => string) =>
  ({ entry }: Row): string => {
    const view = findView(entry);
    return view === undefined ? '-' : say(view);
  };

function makeColumns(nowMs: number): readonly Column<Row>[] {
  return [
    { title: 'host', cell: ({ entry, isLeader }) => `${entry.name}${isLeader ? ' *' : ''}` },
    { title: 'state', cell: ({ entry }) => nameState(entry), tone: ({ entry }) => toneOfState(entry) },
    { title: 'since', align: 'right', cell: ({ entry }) => describeSince(entry) },
    { title: 'slots', align: 'right', cell: ofView(describeSlots) },
    { title: 'speed', align: 'right', cell: ofView(({ speed }) => speed.toFixed(2)) },
    { title: 'load', align: 'right', cell: ofView(({ load, cores }) => `${load.toFixed(1)}/${cores}`) },
    { title: 'disk free', align: 'right', cell: ofView(describeDisk) },
    { title: 'doing', cell: ({ entry }) => describeDoing(entry, nowMs) },
  ];
}

/** How long its agent has been up, by its own clock; of one that is gone, how long it has not been heard. */
function describeSince({ standing, view, heardAgoMs }: HostEntry): string {
  if (standing === 'self' || standing === 'alive') {
    return view === undefined ? '-' : formatDuration(view.atMs - view.startedAtMs);
  }
  return heardAgoMs === undefined ? '-' : formatDuration(heardAgoMs);
}

/** `12 GB (31%)`, or `-`. */
export function describeDisk({ diskFreeBytes, diskBytes }: HostView): string {
  if (diskFreeBytes === undefined || diskBytes === undefined || diskBytes === 0) return '-';
  return `${formatBytes(diskFreeBytes)} (${Math.floor((100 * diskFreeBytes) / diskBytes)}%)`;
}

/** Packages that are named: more would only hide what comes after them. */
const namedMax = 3;

function describeDoing(entry: HostEntry, nowMs: number): string {
  const idle = describeIdle(entry);
  const { view, standing } = entry;
  if (view === undefined || (standing !== 'self' && standing !== 'alive')) return idle ?? '-';
  const running = listSlots(entry).flatMap(({ pkg, startedAtMs }) => {
    if (pkg === undefined) return [];
    return [startedAtMs === undefined ? pkg : `${pkg} ${formatDuration(nowMs - startedAtMs)}`];
  });
  const more = running.length > namedMax ? [`${running.length - namedMax} more`] : [];
  const parts = [...running.slice(0, namedMax), ...more].join(', ');
  if (running.length >= view.usable && running.length > 0) return parts;
  if (parts === '') return idle === undefined ? 'idle' : `idle: ${idle}`;
  return idle === undefined ? parts : `${parts}; ${idle}`;
}
