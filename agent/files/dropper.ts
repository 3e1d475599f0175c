import { parseDigest } from '../../src/artefacts/sha256.ts';
import type { PlanId, TaskName } from '../../src/core/ids.ts';
import { messageOf } from '../../src/errors.ts';
import { isPkgName } from '../../src/pkgsrc/name.ts';
import { turnOf } from './bringer.ts';
import type { Catalogue } from './catalogue.ts';
import type { EarlierFiles } from './earlier.ts';
import { deletePackage } from './packages.ts';
import { type FilesPorts, listCategories } from './ports.ts';
import type { Turns } from './turns.ts';

interface DropPorts extends Pick<FilesPorts, 'node' | 'ground' | 'core' | 'log'> {
  readonly turns: Turns;
  readonly catalogue: Catalogue;
  readonly earlier: EarlierFiles;
  isCollecting(planId: PlanId): boolean;
}

/**
 * Deletes the file of a task: from the store, and from the repository unless it is to end up there, was there before the build
 * came, or is part of another build as well. Never rejects.
 */
export const dropTaskFile = async (ports: DropPorts, planId: PlanId, task: TaskName): Promise<void> => {
  try {
    const digests = ports.core.viewFile(planId, task)?.digests ?? [];
    for (const digest of digests) {
      const sha256 = parseDigest(digest);
      if (sha256 === undefined || isSharedBy(ports, planId, sha256)) continue;
      await ports.node.blobs.drop(sha256);
    }
    await dropFromRepository(ports, planId, task, digests);
  } catch (error) {
    ports.log.warn({ task, error: messageOf(error) }, 'a package that others have could not be deleted');
  }
};

const isSharedBy = ({ catalogue }: DropPorts, planId: PlanId, sha256: Parameters<Catalogue['find']>[0]) =>
  catalogue.find(sha256).some((listed) => listed.planId !== planId || listed.task === undefined);

const dropFromRepository = async (
  ports: DropPorts,
  planId: PlanId,
  task: TaskName,
  digests: readonly string[],
): Promise<void> => {
  const ground = ports.ground(planId);
  if (ground === undefined || !isPkgName(task) || ports.isCollecting(planId)) return;
  if (ground.kept.has(task) || isNamedElsewhere(ports, planId, ground.place.packagesDir, task)) return;
  const { place } = ground;
  if (await ports.earlier.had(planId, `${task}${place.pkgSuffix}`)) return;
  const target = { place, pkgname: task, categories: listCategories(ground, task) };
  await ports.turns.take(turnOf(target), async () => {
    // It may have been wanted, and brought, again.
    if (ports.core.viewFile(planId, task)?.isHere === true) return;
    await deletePackage(target, digests);
  });
};

/** Another live build of this host has a package of that name in the same repository. */
const isNamedElsewhere = (
  { catalogue, ground }: DropPorts,
  planId: PlanId,
  packagesDir: string,
  name: string,
): boolean =>
  catalogue.listPlans().some((other) => {
    const plan = other === planId ? undefined : ground(other);
    return plan?.place.packagesDir === packagesDir && plan.byName.has(name);
  });
