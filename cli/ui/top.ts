import type { BuildView } from '../../agent/view/hostView.ts';
import { type HostEntry, listSlots, type MeshSnapshot } from '../../agent/view/meshView.ts';
import { type BoardSize, renderFoot, renderHead } from './board.ts';
import { escapeLine } from './escape.ts';
import { formatClock } from './format.ts';
import {
  describeFaults,
  describeIdle,
  describeMesh,
  describeSlots,
  findView,
  nameState,
  toneOfState,
} from './hosts.ts';
import { nameSlots, renderSlots } from './slots.ts';
import { drawSpans, fitText, measureText, paint, type Span, span } from './text.ts';

/** What is shown of a mesh at one moment. */
export interface TopPicture {
  readonly mesh: MeshSnapshot;
  /** Packages that ended, per hour, by the build's name; absent: not known yet. */
  readonly rates: ReadonlyMap<string, number>;
  /** What is wrong with the agent that is asked; undefined: nothing. */
  readonly trouble: string | undefined;
  /** The line of the list that stands first on the screen. */
  readonly first: number;
}

/** A screen full of lines, and how its list lies on it. */
export interface TopScreen {
  readonly lines: readonly string[];
  /** Lines of the list, and how many of them are seen. */
  readonly listed: number;
  readonly room: number;
}

/** The whole mesh: its builds at the top, then a list of hosts and of what runs, of which a part is seen. */
export function renderTop(picture: TopPicture, size: BoardSize, nowMs: number): TopScreen {
  const { mesh } = picture;
  const head = [
    drawTitle(picture, size, nowMs),
    ...mesh.builds.flatMap((build) => ['', ...drawBuild(build, picture.rates.get(build.build), size, nowMs)]),
    ...(mesh.builds.length === 0 ? ['', drawSpans([span('no build goes on', 'dim')], size.width, size)] : []),
    '',
  ];
  const list = [
    ...drawHosts(mesh, size),
    ...drawPackages(mesh, size, nowMs),
    ...drawFaults(mesh.hosts, size),
  ];
  const room = Math.max(1, size.rows - head.length - 1);
  const first = Math.max(0, Math.min(picture.first, list.length - room));
  const shown = list.slice(first, first + room);
  const fill = Array.from({ length: room - shown.length }, () => '');
  const lines = [...head, ...shown, ...fill, drawKeys(first, shown.length, list.length, size)];
  return { lines: lines.slice(0, size.rows), listed: list.length, room };
}

function drawTitle({ mesh, trouble }: TopPicture, size: BoardSize, nowMs: number): string {
  const self = mesh.hosts[0];
  const what = describeMesh(mesh) ?? `${escapeLine(self?.name ?? 'this host')}, in no mesh`;
  const clock = formatClock(trouble === undefined ? nowMs : mesh.atMs);
  const said: Span[] =
    trouble === undefined
      ? [span(what, 'bold')]
      : [span(`${escapeLine(trouble)}; as it was at ${clock}: `, 'red'), span(what, 'dim')];
  const used = said.reduce((sum, { text }) => sum + measureText(text), 0);
  if (trouble !== undefined || used + 2 + clock.length > size.width) return drawSpans(said, size.width, size);
  return drawSpans(
    [...said, span(' '.repeat(size.width - used - clock.length)), span(clock, 'dim')],
    size.width,
    size,
  );
}

function drawBuild(build: BuildView, rate: number | undefined, size: BoardSize, nowMs: number): string[] {
  const lines = [renderHead(build, size, nowMs), ...renderFoot(build, size, nowMs)];
  if (rate === undefined) return lines;
  return [...lines, drawSpans([span(`${Math.round(rate)} packages an hour`, 'dim')], size.width, size)];
}

function drawHosts(mesh: MeshSnapshot, size: BoardSize): string[] {
  const names = mesh.hosts.map(({ name, host }) =>
    escapeLine(host !== undefined && host === mesh.coordinator ? `${name} *` : name),
  );
  const nameWidth = Math.min(24, Math.max(4, ...names.map(measureText)));
  const columns = [
    'state'.padEnd(11),
    'slots'.padStart(8),
    'speed'.padStart(7),
    'load'.padStart(9),
    'disk'.padStart(6),
  ];
  const titles = `${fitText('host', nameWidth, size)}  ${columns.join('')}`;
  return [
    drawSpans([span(titles, 'dim')], size.width, size),
    ...mesh.hosts.map((entry, at) => drawHost(entry, fitText(names[at] ?? '', nameWidth, size), size)),
  ];
}

function drawHost(entry: HostEntry, name: string, size: BoardSize): string {
  const view = findView(entry);
  const figures =
    view === undefined
      ? ''
      : [
          describeSlots(view).padStart(8),
          view.speed.toFixed(2).padStart(7),
          `${view.load.toFixed(1)}/${view.cores}`.padStart(9),
          shareOfDisk(view).padStart(6),
        ].join('');
  const idle = describeIdle(entry);
  return drawSpans(
    [
      span(`${name}  `),
      span(nameState(entry).padEnd(11), toneOfState(entry)),
      span(figures),
      ...(idle === undefined ? [] : [span(`  ${escapeLine(idle)}`, 'dim')]),
    ],
    size.width,
    size,
  );
}

function shareOfDisk({ diskFreeBytes, diskBytes }: NonNullable<HostEntry['view']>): string {
  if (diskFreeBytes === undefined || diskBytes === undefined || diskBytes === 0) return '-';
  return `${Math.floor((100 * diskFreeBytes) / diskBytes)}%`;
}

/** What runs, the longest first, and slots that are being made ready or cleaned or are lost. */
function drawPackages(mesh: MeshSnapshot, size: BoardSize, nowMs: number): string[] {
  const slots = mesh.hosts
    .flatMap((entry) => nameSlots(entry.name, listSlots(entry)))
    .filter(({ state }) => state !== 'ready')
    .sort((a, b) => (a.startedAtMs ?? nowMs) - (b.startedAtMs ?? nowMs));
  if (slots.length === 0) return [];
  return ['', ...renderSlots(slots, size, slots.length, nowMs)];
}

function drawFaults(hosts: readonly HostEntry[], size: BoardSize): string[] {
  const lines = hosts.flatMap(describeFaults);
  if (lines.length === 0) return [];
  return ['', ...lines.map((line) => drawSpans([span(line, 'yellow')], size.width, size))];
}

function drawKeys(first: number, shown: number, listed: number, size: BoardSize): string {
  const part = shown < listed ? `  lines ${first + 1} to ${first + shown} of ${listed}` : '';
  const keys = size.unicode ? 'q quit  ↑ ↓ PgUp PgDn scroll' : 'q quit  arrows PgUp PgDn scroll';
  return paint(drawSpans([span(`${keys}${part}`)], size.width, { ...size, colour: false }), 'dim', size);
}
