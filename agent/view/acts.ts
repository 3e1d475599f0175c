import type { AgentState } from '../../src/core/agent.ts';
import { type BuildId, type HostId, type PlanId, type TaskName, taskName } from '../../src/core/ids.ts';
import type { Event, StopMode } from '../../src/core/input.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { splitPkgName } from '../../src/pkgsrc/version.ts';
import type { HostActs } from './ports.ts';

/** The builds of this host, as orders are about them. */
export interface BuildsPort {
  /** Builds that go on and that this host can stop, its own first. */
  listOpen(): readonly string[];
  stop(build: string, mode: StopMode): void;
  /** The build that goes on from now; undefined: none that was stopped is known here. Throws what refuses it. */
  resume(build: string | undefined): Promise<string | undefined>;
  /** Packages of that plan can still be run by this host, or by others that hear of it here. */
  isHeld(planId: PlanId): boolean;
  /** PKGPATH of a package of that plan; undefined: not known. */
  pathOf(planId: PlanId, task: TaskName): string | undefined;
}

export interface ActPorts {
  readonly core: AgentState;
  readonly builds: BuildsPort;
  push(event: Event): void;
  shutdown(mode: StopMode): void;
}

/** Orders, carried out on this host. */
export const createActs = (ports: ActPorts): HostActs => {
  const { builds, push } = ports;
  return {
    setDrained: (isDrained) => push({ kind: 'drained', isDrained }),
    shutdown: ports.shutdown,
    evict: (host: HostId) => push({ kind: 'hostEvicted', host }),
    stop: (wanted, mode) => {
      const open = builds.listOpen();
      const build = wanted ?? chooseOnly(open);
      if (build === undefined || !open.includes(build)) return undefined;
      builds.stop(build, mode);
      const text =
        mode === 'drain'
          ? `build ${build} stops: what runs may finish, nothing new starts`
          : `build ${build} stops: what runs is killed`;
      return { text, names: [build] };
    },
    resume: async (wanted) => {
      const build = await builds.resume(wanted);
      return build === undefined ? undefined : { text: `build ${build} goes on`, names: [build] };
    },
    retry: (wanted, packages) => retry(ports, wanted, packages),
  };
};

/** Throws `BUILD_AMBIGUOUS` when there are several. */
const chooseOnly = (open: readonly string[]): string | undefined => {
  if (open.length <= 1) return open[0];
  throw new BulkmeshError('BUILD_AMBIGUOUS', `${open.length} builds go on`, {
    hint: `Name one of them: ${open.join(', ')}.`,
  });
};

/** What of a plan did not come to be. */
interface Unbuilt {
  readonly planId: PlanId;
  readonly build: BuildId;
  readonly failed: readonly TaskName[];
  readonly blocked: readonly TaskName[];
}

const retry = (
  { core, builds, push }: ActPorts,
  wanted: string | undefined,
  packages: readonly string[] | 'all',
): { text: string; names: readonly string[] } | undefined => {
  const named = core.plans.filter(({ build }) => wanted === undefined || build === wanted);
  const known = named.filter(({ planId }) => builds.isHeld(planId));
  const plan = known.findLast(({ ending }) => ending === undefined) ?? known.at(-1);
  if (plan === undefined) return undefined;
  const { table, status } = plan.progress;
  const listOf = (kind: 'failed' | 'blocked'): readonly TaskName[] =>
    table.tasks.flatMap(({ name }, task) => (status[task] === kind ? [name] : []));
  const unbuilt = {
    planId: plan.planId,
    build: plan.build,
    failed: listOf('failed'),
    blocked: listOf('blocked'),
  };
  if (unbuilt.failed.length === 0) {
    throw new BulkmeshError('NOTHING_FAILED', `no package has failed in build ${plan.build}`, {
      hint: 'there is nothing to try again',
    });
  }
  const tasks = packages === 'all' ? unbuilt.failed : choose(unbuilt, packages, builds);
  push({ kind: 'tasksRetried', planId: plan.planId, tasks: packages === 'all' ? 'all' : tasks });
  const what = tasks.length === 1 ? `${tasks[0]} is` : `${tasks.length} packages are`;
  return { text: `${what} tried again in build ${plan.build}, with what depends on it`, names: tasks };
};

/** By PKGNAME, PKGBASE or PKGPATH. Throws `PACKAGE_NOT_FAILED` for a word that means nothing that could be tried again. */
const choose = (
  { planId, build, failed, blocked }: Unbuilt,
  words: readonly string[],
  builds: BuildsPort,
): readonly TaskName[] => {
  const isMeant = (name: TaskName, word: string): boolean =>
    name === taskName(word) || splitPkgName(name).base === word || builds.pathOf(planId, name) === word;
  const chosen = words.flatMap((word) => {
    const found = [...failed, ...blocked].filter((name) => isMeant(name, word));
    if (found.length > 0) return found;
    const shown = failed.slice(0, 8).join(', ');
    throw new BulkmeshError('PACKAGE_NOT_FAILED', `${word} has not failed in build ${build}`, {
      hint: `These have: ${shown}${failed.length > 8 ? ` and ${failed.length - 8} more` : ''}.`,
    });
  });
  return [...new Set(chosen)];
};
