import { z } from 'zod';
import type { AgentState } from '../../src/core/agent.ts';
import type { HostId, PlanId, TaskName } from '../../src/core/ids.ts';
import { viewMesh } from '../../src/core/meshView.ts';
import { explainTask, type TaskView } from '../../src/core/taskView.ts';
import { splitPkgName } from '../../src/pkgsrc/version.ts';
import type { NameHost } from './idle.ts';
import type { DeskPorts, MeshLine } from './ports.ts';

/** Where a package of a build is now. */
export interface Place {
  /** One line for a person. */
  readonly text: string;
  /** The host that builds it, or holds it, or ended it. */
  readonly host: string | undefined;
  readonly isRunning: boolean;
}

/** The same of a package that a person asked about. */
export interface PackagePlace extends Place {
  readonly build: string;
  readonly planId: string;
  readonly pkg: string;
}

export interface PlacePorts {
  readonly core: AgentState;
  readonly line: MeshLine | undefined;
  readonly nameHost: NameHost;
  now(): number;
  /** PKGPATH of a package; undefined: not known. */
  pathOf(planId: PlanId, task: TaskName): string | undefined;
}

/** What places need of what a desk is made of. */
export const placePorts = ({ core, line, names, now, pathOf }: DeskPorts): PlacePorts => ({
  ...{ core, line, now, pathOf },
  nameHost: names.nameHost,
});

/** Of so many packages a person is told at once. */
const placesMax = 50;
/** The coordinator knows more, but not for every price, milliseconds. */
const answerMs = 1_000;

const placeSchema: z.ZodType<Place> = z.object({
  text: z.string().max(4_096),
  host: z
    .string()
    .max(256)
    .optional()
    .transform((value) => value),
  isRunning: z.boolean(),
});

/** As this host knows it; undefined: not at all. */
export const findPlace = (ports: PlacePorts, planId: PlanId, task: TaskName): Place | undefined => {
  const view = explainTask(ports.core, planId, task, ports.now());
  return view === undefined ? undefined : describePlace(view, ports.nameHost);
};

/**
 * Where the packages are that the words mean (PKGNAME, PKGBASE, PKGPATH), in the plans that this host knows, those that go on first. What
 * the coordinator alone knows it is asked for.
 */
export const findPlaces = async (
  ports: PlacePorts,
  words: readonly string[],
): Promise<readonly PackagePlace[]> => {
  const plans = ports.core.plans.toSorted(
    (a, b) => Number(a.ending !== undefined) - Number(b.ending !== undefined),
  );
  const found = plans.flatMap((plan) =>
    plan.progress.table.tasks.flatMap(({ name }) =>
      words.some((word) => isMeant(ports, plan.planId, name, word)) ? [{ plan, name }] : [],
    ),
  );
  const places = await Promise.all(
    found.slice(0, placesMax).map(async ({ plan: { planId, build }, name }) => {
      const place = (await askCoordinator(ports, planId, name)) ?? findPlace(ports, planId, name);
      return place === undefined ? [] : [{ build, planId, pkg: name, ...place }];
    }),
  );
  return places.flat();
};

const isMeant = (ports: PlacePorts, planId: PlanId, name: TaskName, word: string): boolean =>
  name === word || splitPkgName(name).base === word || ports.pathOf(planId, name) === word;

/** Undefined where this host knows as well, or the coordinator cannot be asked. */
const askCoordinator = async (
  { core, line, now }: PlacePorts,
  planId: PlanId,
  task: TaskName,
): Promise<Place | undefined> => {
  const mine = explainTask(core, planId, task, now());
  const leader = viewMesh(core).leader?.host;
  if (mine?.kind !== 'ready' || line === undefined || leader === undefined || leader === core.life?.host) {
    return undefined;
  }
  const path = `/place/${planId}/${encodeURIComponent(task)}`;
  const answer = await line.ask(leader, { method: 'GET', path, timeoutMs: answerMs }).catch(() => undefined);
  return placeSchema.safeParse(answer).data;
};

const describePlace = (view: TaskView, nameHost: NameHost): Place => {
  switch (view.kind) {
    case 'running':
      return at(view.host, `is being built on ${nameHost(view.host)}`, true);
    case 'granted': {
      const what = view.missing > 0 ? `${view.missing} of the packages that it needs` : 'a slot';
      return at(view.host, `was given to ${nameHost(view.host)}, and waits there for ${what}`);
    }
    case 'moving':
      return at(view.to, `is on its way to ${nameHost(view.to)}, which had nothing to do`);
    case 'ended': {
      const { fact, rebuild } = view;
      const { host } = fact.origin;
      const how = fact.outcome.kind === 'built' ? 'was built' : `failed in ${fact.outcome.stage}`;
      const again = rebuild === undefined ? '' : '; no host has its file any more, and it is built again';
      return at(host, `${how} on ${nameHost(host)}${again}`);
    }
    case 'blocked':
      return nowhere(`cannot be built: ${listNames(view.by)} failed`);
    case 'waiting':
      return nowhere(`waits for ${listNames(view.needs)}`);
    case 'paused':
      return nowhere(
        `met trouble ${view.attempts === 1 ? 'once' : `${view.attempts} times`}, and is tried again in ${Math.ceil(view.leftMs / 1000)} s`,
      );
    case 'ready':
      return nowhere(describeReady(view));
  }
};

const describeReady = ({ isStarved, isCertain }: Extract<TaskView, { readonly kind: 'ready' }>): string => {
  if (isStarved) return 'could start, but no live host has a package that it needs';
  return isCertain
    ? 'is ready, and waits for a host'
    : 'is ready, or is being built: the coordinator cannot be asked';
};

const at = (host: HostId, text: string, isRunning = false): Place => ({ text, host, isRunning });

const nowhere = (text: string): Place => ({ text, host: undefined, isRunning: false });

const namesMax = 5;

const listNames = (names: readonly string[]): string =>
  names.length > namesMax
    ? `${names.slice(0, namesMax).join(', ')} and ${names.length - namesMax} more`
    : names.join(', ');
