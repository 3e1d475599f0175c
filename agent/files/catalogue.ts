import { parseDigest, parseSha256, type Sha256 } from '../../src/artefacts/sha256.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { PlanId, TaskName } from '../../src/core/ids.ts';
import { isPkgName } from '../../src/pkgsrc/name.ts';
import type { PkgName } from '../../src/pkgsrc/package.ts';
import type { RepositoryPlace } from '../../src/pkgsrc/repository/place.ts';
import type { CoreView, PlanGround } from './ports.ts';

/** A package file of a live build. */
interface Listed {
  readonly planId: PlanId;
  readonly place: RepositoryPlace;
  readonly pkgname: PkgName;
  /** Undefined for one that is kept. */
  readonly task: TaskName | undefined;
}

/** All facts of a plan are looked at again at most so often, for a file that nobody here has heard of. */
const rescanMs = 2_000;

/** So many builds that are over are remembered: others may yet fetch what was built last. */
const overMax = 4;

interface Plan {
  readonly place: RepositoryPlace;
  readonly files: Map<Sha256, Listed>;
  scannedAtMs: number;
  isOver: boolean;
}

/** Which packages the files of the builds are that go on or are just over, by the hash of their bytes. */
export class Catalogue {
  readonly #core: Pick<CoreView, 'listEnds'>;
  readonly #plans = new Map<PlanId, Plan>();

  constructor(core: Pick<CoreView, 'listEnds'>) {
    this.#core = core;
  }

  listPlans(): readonly PlanId[] {
    return [...this.#plans.keys()];
  }

  /** The repositories of these builds: one, but for builds that are configured otherwise. */
  listPlaces(): readonly RepositoryPlace[] {
    const places = [...this.#plans.values()].map(({ place }) => place);
    return [...new Map(places.map((place) => [place.packagesDir, place])).values()];
  }

  begin(planId: PlanId, { place, kept }: Pick<PlanGround, 'place' | 'kept'>): void {
    const known = this.#plans.get(planId);
    if (known !== undefined) {
      known.isOver = false;
      return;
    }
    const files = new Map<Sha256, Listed>();
    for (const [pkgname, file] of kept) {
      const sha256 = parseSha256(file.sha256);
      if (sha256 !== undefined) files.set(sha256, { planId, place, pkgname, task: undefined });
    }
    this.#plans.set(planId, { place, files, scannedAtMs: Number.NEGATIVE_INFINITY, isOver: false });
  }

  /** Returns the builds that nothing is known of any more. */
  end(planId: PlanId): readonly PlanId[] {
    const plan = this.#plans.get(planId);
    if (plan === undefined) return [];
    plan.isOver = true;
    const over = this.listPlans().filter((other) => this.#plans.get(other)?.isOver === true);
    const forgotten = over.slice(0, Math.max(0, over.length - overMax));
    for (const other of forgotten) this.#plans.delete(other);
    return forgotten;
  }

  hear({ planId, task, outcome }: Pick<Fact, 'planId' | 'task' | 'outcome'>): void {
    const plan = this.#plans.get(planId);
    const sha256 = outcome.kind === 'built' ? parseDigest(outcome.digest) : undefined;
    if (plan === undefined || sha256 === undefined || !isPkgName(task)) return;
    plan.files.set(sha256, { planId, place: plan.place, pkgname: task, task });
  }

  /** The packages that have these bytes: one, but for builds that share it. */
  find(sha256: Sha256): readonly Listed[] {
    const known = this.#look(sha256);
    if (known.length > 0) return known;
    // What was built before this life is in the facts alone.
    let isRescanned = false;
    for (const [planId, plan] of this.#plans) {
      if (performance.now() - plan.scannedAtMs < rescanMs) continue;
      plan.scannedAtMs = performance.now();
      for (const fact of this.#core.listEnds(planId)) this.hear(fact);
      isRescanned = true;
    }
    return isRescanned ? this.#look(sha256) : known;
  }

  /** True of what a build needs that is not over, as far as has been heard. */
  isPinned(sha256: Sha256): boolean {
    return [...this.#plans.values()].some(({ isOver, files }) => !isOver && files.has(sha256));
  }

  #look(sha256: Sha256): readonly Listed[] {
    return [...this.#plans.values()].flatMap(({ files }) => files.get(sha256) ?? []);
  }
}
