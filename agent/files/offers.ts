import type { Sha256 } from '../../src/artefacts/sha256.ts';
import { messageOf } from '../../src/errors.ts';
import type { Catalogue } from './catalogue.ts';
import { hasPackage, storePackage } from './packages.ts';
import type { FilesPorts } from './ports.ts';

type OfferPorts = Pick<FilesPorts, 'node' | 'core' | 'push' | 'log'>;

/**
 * Files of this host that are not in the store, but could be given to others: packages of the live builds where they lie in the
 * repository, and whatever else is registered. They are taken in when somebody first asks.
 */
export class Offers {
  readonly #ports: OfferPorts;
  readonly #catalogue: Catalogue;
  readonly #others = new Map<Sha256, () => Promise<boolean>>();
  readonly #running = new Map<Sha256, Promise<Taken>>();

  constructor(ports: OfferPorts, catalogue: Catalogue) {
    this.#ports = ports;
    this.#catalogue = catalogue;
  }

  /** `store` takes the file in, and says whether it was there. */
  register(sha256: Sha256, store: () => Promise<boolean>): void {
    // The oldest go first: whoever was told of one asks for it soon, or asks again.
    const [oldest] = this.#others.keys();
    if (this.#others.size >= othersMax && oldest !== undefined) this.#others.delete(oldest);
    this.#others.set(sha256, store);
  }

  /**
   * Takes in what somebody asks for, if it is on this host; the core is told of a package that is not, though it counts on it. Never
   * rejects. Those who ask at once wait for one reading.
   */
  async offer(sha256: Sha256): Promise<void> {
    if ((await this.#takeOnce(sha256)) === 'absent') await this.#tellGone(sha256);
  }

  /** A file of the store is gone, by nobody's wish: what cannot be taken in again is told to the core. Never rejects. */
  async mend(sha256: Sha256): Promise<void> {
    if ((await this.#takeOnce(sha256)) !== 'here') await this.#tellGone(sha256);
  }

  async #tellGone(sha256: Sha256): Promise<void> {
    const { core, push } = this.#ports;
    for (const listed of this.#catalogue.find(sha256)) {
      const { planId, task } = listed;
      const file = task === undefined ? undefined : core.viewFile(planId, task);
      if (task === undefined || file?.isHere !== true) continue;
      // Of what was built twice the other file will do.
      const others = file.digests.filter((digest) => digest !== `sha256:${sha256}`);
      if (others.length > 0 && (await hasPackage(listed, others).catch(() => true))) continue;
      push({ kind: 'fileGone', planId, task });
    }
  }

  #takeOnce(sha256: Sha256): Promise<Taken> {
    const running = this.#running.get(sha256);
    if (running !== undefined) return running;
    const taking = this.#take(sha256)
      .then((isTaken): Taken => (isTaken ? 'here' : 'absent'))
      .catch((error: unknown): Taken => {
        this.#ports.log.warn(
          { sha256, error: messageOf(error) },
          'a file of this host could not be taken in',
        );
        return 'trouble';
      })
      .finally(() => this.#running.delete(sha256));
    this.#running.set(sha256, taking);
    return taking;
  }

  async #take(sha256: Sha256): Promise<boolean> {
    const other = this.#others.get(sha256);
    if (other !== undefined && (await other())) return true;
    for (const listed of this.#catalogue.find(sha256)) {
      if (await storePackage(this.#ports.node.blobs, sha256, listed)) return true;
    }
    return false;
  }
}

const othersMax = 10_000;

/** `trouble`: it may be here, but the store does not take it. */
type Taken = 'here' | 'absent' | 'trouble';
