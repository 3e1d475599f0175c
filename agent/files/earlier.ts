import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlanId } from '../../src/core/ids.ts';
import { messageOf } from '../../src/errors.ts';
import type { FilesPorts, PlanGround } from './ports.ts';

/**
 * Which packages were in the repository before a build came to this host: those are the user's, and are never deleted. Written
 * down, since a later life could not tell them from what the build has put there.
 */
export class EarlierFiles {
  readonly #ports: Pick<FilesPorts, 'stateDir' | 'log'>;
  readonly #names = new Map<PlanId, Promise<ReadonlySet<string> | undefined>>();
  /** A build that is over may begin again. */
  #forgotten: Promise<void> = Promise.resolve();

  constructor(ports: Pick<FilesPorts, 'stateDir' | 'log'>) {
    this.#ports = ports;
  }

  begin(planId: PlanId, ground: PlanGround): void {
    if (this.#names.has(planId)) return;
    const names = this.#find(planId, ground).catch((error: unknown) => {
      this.#ports.log.warn({ error: messageOf(error) }, 'no file of the build is deleted to make room');
      return undefined;
    });
    this.#names.set(planId, names);
  }

  async end(planId: PlanId): Promise<void> {
    this.#names.delete(planId);
    const forget = (): Promise<void> => rm(this.#fileOf(planId), { force: true }).catch(() => undefined);
    this.#forgotten = this.#forgotten.then(forget);
    await this.#forgotten;
  }

  /** True when the file may have been there before; when that is not known, too. `file`: its name in `All`. */
  async had(planId: PlanId, file: string): Promise<boolean> {
    const names = await this.#names.get(planId);
    return names?.has(file) ?? true;
  }

  async #find(planId: PlanId, { place }: PlanGround): Promise<ReadonlySet<string>> {
    const path = this.#fileOf(planId);
    await this.#forgotten;
    const known = await readFile(path, 'utf8').catch(() => undefined);
    if (known !== undefined) return new Set(known.split('\n'));
    const names = await readdir(join(place.packagesDir, 'All')).catch(() => []);
    await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, names.join('\n'));
    await rename(`${path}.new`, path);
    return new Set(names);
  }

  #fileOf(planId: PlanId): string {
    return join(this.#ports.stateDir, 'earlier', planId.replaceAll(/[^A-Za-z0-9]/g, '_').slice(0, 100));
  }
}
