import type { AgentState } from '../../src/core/agent.ts';
import { explainIdle, type Idle } from '../../src/core/idleView.ts';
import type { HostId } from '../../src/core/ids.ts';
import { describeWait } from '../waiting.ts';

/** What people call a host. */
export type NameHost = (host: HostId) => string;

/** Why this host starts nothing more at this moment, in one line; undefined: all of its slots run, or it is about to start. */
export const describeOwnIdle = (core: AgentState, nowMs: number, nameHost: NameHost): string | undefined => {
  const idle = explainIdle(core, nowMs);
  return idle === undefined ? undefined : describeIdle(idle, nameHost);
};

const describeIdle = (idle: Idle, nameHost: NameHost): string | undefined => {
  switch (idle.kind) {
    case 'busy':
      return undefined;
    case 'disk':
    case 'room':
    case 'alone':
      return describeWait(idle);
    case 'stopping':
      return idle.mode === 'drain' ? 'its agent ends when what runs has ended' : 'its agent ends';
    case 'drained':
      return 'drained: a person wants it to start nothing';
    case 'troubled':
      return `in quarantine for ${seconds(idle.leftMs)}: ${count(idle.troubled, 'package')} met trouble here`;
    case 'probing':
      return 'one package shows whether it is well again after trouble';
    case 'minority':
      return `cut off from most hosts: builds on its own in ${seconds(idle.leftMs)}`;
    case 'sandboxes':
      return describeSandboxes(idle);
    case 'noPlan':
      return 'no build goes on';
    case 'stopped':
      return 'the build is stopped';
    case 'unfit':
      return 'it cannot build packages of this build';
    case 'nothingLeft':
      return 'nothing is left that is not done or being built';
    case 'nothingReady':
      return `${count(idle.waiting, 'package')} left, each needs one that is not built yet`;
    case 'paused':
      return `${count(idle.tasks, 'package')} met trouble, the next try is in ${seconds(idle.leftMs)}`;
    case 'noCoordinator':
      return 'no host coordinates at this moment';
    case 'collecting':
      return 'it has just become the coordinator and hears what the others are at';
    case 'files':
      return describeFiles(idle, nameHost);
    case 'notGranted':
      return `${count(idle.ready, 'package')} ready, which ${nameHost(idle.coordinator)} gives to other hosts`;
  }
};

type Of<Kind extends Idle['kind']> = Extract<Idle, { readonly kind: Kind }>;

const describeSandboxes = ({ failures, underWay }: Of<'sandboxes'>): string =>
  failures > 0
    ? `sandboxes could not be made or cleaned ${count(failures, 'time')}: tried again later`
    : `${count(underWay, 'sandbox', 'sandboxes')} being made ready`;

const describeFiles = ({ task, missing, from }: Of<'files'>, nameHost: NameHost): string => {
  const whence = from.length === 0 ? 'nobody who has them can be asked' : `from ${list(from, nameHost)}`;
  return `${task} waits for ${count(missing, 'package')} that it needs, ${whence}`;
};

const hostsNamed = 3;

const list = (hosts: readonly HostId[], nameHost: NameHost): string => {
  const named = hosts.slice(0, hostsNamed).map(nameHost).join(', ');
  return hosts.length > hostsNamed ? `${named} and others` : named;
};

const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;
