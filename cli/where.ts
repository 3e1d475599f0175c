import type { HostEntry, MeshSnapshot } from '../agent/view/meshView.ts';
import type { PackagePlace } from '../agent/view/places.ts';
import type { Config } from '../src/config/config.ts';
import { askInTime } from './running.ts';
import { openAgent } from './session.ts';
import { formatBytes, formatDuration, formatNumberOf } from './ui/format.ts';
import { describeDisk, describeFaults, describeSlots, nameState } from './ui/hosts.ts';

/** What the agents know of what a person asks about. */
export interface Whereabouts {
  readonly hosts: readonly HostEntry[];
  readonly places: readonly PackagePlace[];
  readonly mesh: MeshSnapshot | undefined;
}

/** Nothing, where there is no agent that this user may ask. */
export async function findWhereabouts(config: Config, words: readonly string[]): Promise<Whereabouts> {
  return (await askInTime(askWhereabouts(config, words), answerMsMax)) ?? nothing;
}

/** It asks the other hosts first. */
const answerMsMax = 5_000;

/** Killed, stopped, or not this user's to ask: what is written down can be told all the same. */
const nothing: Whereabouts = { hosts: [], places: [], mesh: undefined };

async function askWhereabouts(config: Config, words: readonly string[]): Promise<Whereabouts> {
  try {
    const client = await openAgent(config);
    const [mesh, places] = await Promise.all([client.hosts(), client.where(words)]);
    const hosts = mesh.hosts.filter(({ host, name }) => words.some((word) => word === host || word === name));
    return { hosts, places, mesh };
  } catch {
    return nothing;
  }
}

/** How a host is, and why it does what it does, in lines. */
export function explainHost(entry: HostEntry, coordinator: string | undefined): string[] {
  const { host, name, standing, view, address, heardAgoMs } = entry;
  const id = host === undefined || host === name ? '' : ` (${host})`;
  const where = address === undefined ? '' : ` at ${address}`;
  const led = host !== undefined && host === coordinator ? ', and coordinates' : '';
  const heard =
    standing === 'self' || standing === 'alive' || heardAgoMs === undefined
      ? []
      : [`nothing was heard of it for ${formatDuration(heardAgoMs)}`];
  const why = entry.why === undefined ? [] : [entry.why];
  const lines = [
    ...heard,
    ...why,
    ...(view === undefined ? [] : describeView(view)),
    ...describeFaults(entry),
  ];
  return [`${name}${id}${where} is ${nameState(entry)}${led}`, ...lines.map((line) => `  ${line}`)];
}

function describeView(view: NonNullable<HostEntry['view']>): string[] {
  const { queued, speed, load, cores, delayP99Ms, traffic, usable, runs } = view;
  const free = view.slots.filter(({ state }) => state === 'running').length < usable;
  const idle =
    view.idle === undefined ? (free ? 'it is about to start something' : 'all of its slots run') : view.idle;
  const share = usable < runs ? ', since it shares its host or is drained' : '';
  return [
    `starts nothing more: ${idle}`,
    `slots ${describeSlots(view)}${share}, ${formatNumberOf(queued, 'package')} in its queue`,
    `speed ${speed.toFixed(2)}, load ${load.toFixed(1)} on ${formatNumberOf(cores, 'core')}, disk free ${describeDisk(view)}`,
    `bulkmesh ${view.version} on ${view.platform}, up ${formatDuration(view.atMs - view.startedAtMs)}, timers late by ${delayP99Ms} ms`,
    `messages: ${formatBytes(traffic.bytesIn)} in, ${formatBytes(traffic.bytesOut)} out`,
  ];
}

/** Where packages are, one line each. */
export function describePlaces(places: readonly PackagePlace[]): string[] {
  return places.map(({ pkg, text }) => `${pkg} ${text}`);
}
