import { parseDigest, parseSha256, type Sha256 } from '../../src/artefacts/sha256.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { PlanId, TaskName } from '../../src/core/ids.ts';
import { taskName } from '../../src/core/ids.ts';
import { isPkgName } from '../../src/pkgsrc/name.ts';
import type { PkgName } from '../../src/pkgsrc/package.ts';
import type { CoreView, PlanGround } from './ports.ts';

/** A package file of a live build. */
export interface Listed {
  readonly planId: PlanId;
  readonly pkgname: PkgName;
  /** Undefined for one that is kept. */
  readonly task: TaskName | undefined;
}

/** All facts of a plan are looked at again at most so often, for a file that nobody here has heard of. */
const rescanMs = 2_000;

/** Which packages the files of the live builds are, by the hash of their bytes. */
export class Catalogue {
  readonly #core: Pick<CoreView, 'listEnds'>;
  readonly #ground: (planId: PlanId) => PlanGround | undefined;
  readonly #plans = new Map<PlanId, { readonly files: Map<Sha256, Listed>; scannedAtMs: number }>();

  constructor(core: Pick<CoreView, 'listEnds'>, ground: (planId: PlanId) => PlanGround | undefined) {
    this.#core = core;
    this.#ground = ground;
  }

  listPlans(): readonly PlanId[] {
    return [...this.#plans.keys()];
  }

  has(planId: PlanId): boolean {
    return this.#plans.has(planId);
  }

  begin(planId: PlanId): void {
    if (this.#plans.has(planId)) return;
    const files = new Map<Sha256, Listed>();
    for (const [pkgname, kept] of this.#ground(planId)?.kept ?? []) {
      const sha256 = parseSha256(kept.sha256);
      if (sha256 !== undefined) files.set(sha256, { planId, pkgname, task: undefined });
    }
    this.#plans.set(planId, { files, scannedAtMs: Number.NEGATIVE_INFINITY });
  }

  end(planId: PlanId): void {
    this.#plans.delete(planId);
  }

  hear(fact: Fact): void {
    const { planId, task, outcome } = fact;
    if (outcome.kind === 'built') this.add(planId, task, outcome.digest);
  }

  add(planId: PlanId, name: string, digest: string): void {
    const sha256 = parseDigest(digest);
    if (sha256 === undefined || !isPkgName(name)) return;
    this.#plans.get(planId)?.files.set(sha256, { planId, pkgname: name, task: taskName(name) });
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

  /** True of what a live build needs, without a look at its facts. */
  isListed(sha256: Sha256): boolean {
    return this.#look(sha256).length > 0;
  }

  #look(sha256: Sha256): readonly Listed[] {
    return [...this.#plans.values()].flatMap(({ files }) => files.get(sha256) ?? []);
  }
}
