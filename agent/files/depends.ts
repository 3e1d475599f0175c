import { parseDigest } from '../../src/artefacts/sha256.ts';
import type { HostId, PlanId } from '../../src/core/ids.ts';
import { taskName } from '../../src/core/ids.ts';
import type { PkgName } from '../../src/pkgsrc/package.ts';
import { listRunNeeds } from '../../src/pkgsrc/repository/installs.ts';
import type { FileLook } from '../../src/pkgsrc/repository/note.ts';
import { lookAtPackage, readNote } from '../../src/pkgsrc/repository/notes.ts';
import type { Bringer, Brought } from './bringer.ts';
import { hasPackage, isSound, putPackage } from './packages.ts';
import { type FilesPorts, type KeptFile, listCategories, type PlanGround } from './ports.ts';

/** A package that is needed and cannot be had. */
export interface Lacking {
  readonly pkgname: PkgName;
  readonly detail: string;
}

type DependPorts = Pick<FilesPorts, 'node' | 'host' | 'ground' | 'core' | 'push' | 'log'>;

/** Packages that are looked for at a time: many small ones come in one answer. */
const atOnceMax = 64;

/** Sees to it that what an installation needs is in the repository of this host. */
export class Depends {
  readonly #ports: DependPorts;
  readonly #bringer: Bringer;
  /** How kept packages looked when their bytes were found to be right, by file. */
  readonly #right = new Map<string, FileLook>();

  constructor(ports: DependPorts, bringer: Bringer) {
    this.#ports = ports;
    this.#bringer = bringer;
  }

  /**
   * Has all packages here that an installation of `depends` needs: them, and what they need at run time, and so on. Returns the first
   * that cannot be had. Rejects with the reason of the signal alone.
   */
  async ensure(
    planId: PlanId,
    depends: readonly PkgName[],
    signal: AbortSignal,
  ): Promise<Lacking | undefined> {
    const ground = this.#ports.ground(planId);
    if (ground === undefined) throw new Error('packages are wanted for a build that is not known here');
    const seen = new Set(depends);
    let level: readonly PkgName[] = depends;
    while (level.length > 0) {
      const lacking = await this.#ensureAll(planId, ground, level, signal);
      if (lacking !== undefined) return lacking;
      level = level.flatMap((name) => listNext(ground, name)).filter((name) => !seen.has(name));
      level = [...new Set(level)];
      for (const name of level) seen.add(name);
    }
    return undefined;
  }

  async #ensureAll(
    planId: PlanId,
    ground: PlanGround,
    names: readonly PkgName[],
    signal: AbortSignal,
  ): Promise<Lacking | undefined> {
    for (let at = 0; at < names.length; at += atOnceMax) {
      const some = names.slice(at, at + atOnceMax);
      const found = await Promise.all(some.map((name) => this.#ensureOne(planId, ground, name, signal)));
      const lacking = found.find((one) => one !== undefined);
      if (lacking !== undefined) return lacking;
    }
    return undefined;
  }

  async #ensureOne(
    planId: PlanId,
    ground: PlanGround,
    pkgname: PkgName,
    signal: AbortSignal,
  ): Promise<Lacking | undefined> {
    const kept = ground.kept.get(pkgname);
    const brought =
      kept === undefined
        ? await this.#ensureBuilt(planId, ground, pkgname, signal)
        : await this.#ensureKept(planId, ground, pkgname, kept, signal);
    return brought.kind === 'here' ? undefined : { pkgname, detail: brought.detail };
  }

  async #ensureKept(
    planId: PlanId,
    ground: PlanGround,
    pkgname: PkgName,
    { sha256, sizeBytes }: KeptFile,
    signal: AbortSignal,
  ): Promise<Brought> {
    const digests = [`sha256:${sha256}`];
    if (await this.#isHere(ground, pkgname, digests)) return { kind: 'here' };
    const wanted = { planId, name: pkgname, digests, sizeBytes };
    return this.#bringFromAny(wanted, this.#listHosts(ground), signal);
  }

  /** True when the file in the repository is one of these; one that looks as it did then is not read again. */
  async #isHere({ place }: PlanGround, pkgname: PkgName, digests: readonly string[]): Promise<boolean> {
    const look = lookAtPackage(place, pkgname);
    if (look === undefined) return false;
    const key = `${place.packagesDir} ${pkgname} ${digests.join(' ')}`;
    const right = this.#right.get(key);
    if (right !== undefined && isSameLook(look, right)) return true;
    if (!(await hasPackage({ place, pkgname }, digests))) return false;
    const now = lookAtPackage(place, pkgname);
    if (now !== undefined) this.#right.set(key, now);
    return true;
  }

  /**
   * What the core counts as here may have been deleted by somebody else, or replaced by what another build of the mesh calls by the same
   * name: the core is told, and the file is got again.
   */
  async #ensureBuilt(
    planId: PlanId,
    ground: PlanGround,
    pkgname: PkgName,
    signal: AbortSignal,
  ): Promise<Brought> {
    const { core, push } = this.#ports;
    const task = taskName(pkgname);
    const file = core.viewFile(planId, task);
    if (file === undefined || file.digests.length === 0) {
      const isHere = lookAtPackage(ground.place, pkgname) !== undefined;
      return isHere ? { kind: 'here' } : lost('it is not there');
    }
    if (await this.#isHere(ground, pkgname, file.digests)) return { kind: 'here' };
    if (await this.#putFromStore(ground, pkgname, file.digests)) return { kind: 'here' };
    if (file.isHere) push({ kind: 'fileGone', planId, task });
    const wanted = { planId, name: pkgname, digests: file.digests, sizeBytes: undefined };
    const brought = await this.#bringFromAny(wanted, file.holders, signal);
    if (brought.kind === 'here') push({ kind: 'fileFetched', planId, task });
    return brought;
  }

  async #putFromStore(ground: PlanGround, pkgname: PkgName, digests: readonly string[]): Promise<boolean> {
    const { node, log } = this.#ports;
    const categories = listCategories(ground, pkgname);
    const target = { place: ground.place, pkgname, categories };
    for (const digest of digests) {
      const sha256 = parseDigest(digest);
      if (sha256 === undefined || !(await isSound(node.blobs, sha256))) continue;
      const isPut = await putPackage(node.blobs, sha256, target, undefined, (line) => log.warn(line)).catch(
        () => false,
      );
      if (isPut) return true;
    }
    return false;
  }

  async #bringFromAny(
    wanted: Omit<Parameters<Bringer['bring']>[0], 'from'>,
    hosts: readonly HostId[],
    signal: AbortSignal,
  ): Promise<Brought> {
    let last = lost('no host that is connected has it');
    for (const from of hosts) {
      const brought = await this.#bringer.bring({ ...wanted, from }, signal);
      if (brought.kind === 'here' || brought.why === 'full') return brought;
      if (brought.why !== 'gone') last = brought;
    }
    return last;
  }

  /** Where what is kept may be: where the build was asked for first. */
  #listHosts({ submitter }: PlanGround): readonly HostId[] {
    const linked = this.#ports.node.listLinks().map(({ host }) => host);
    const first = linked.filter((host) => host === submitter);
    return [...new Set([...first, ...linked])].filter((host) => host !== this.#ports.host);
  }
}

const listNext = ({ place, byName, resolution }: PlanGround, pkgname: PkgName): readonly PkgName[] => {
  const found = byName.get(pkgname);
  const needs = found?.depends.flatMap((index) => resolution.packages[index]?.record.pkgname ?? []) ?? [];
  return needs.length === 0 ? [] : listRunNeeds(readNote(place, pkgname), needs);
};

const isSameLook = (a: FileLook, b: FileLook): boolean =>
  a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.inode === b.inode;

const lost = (detail: string): Brought => ({ kind: 'missing', why: 'gone', detail });
