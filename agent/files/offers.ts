import type { Sha256 } from '../../src/artefacts/sha256.ts';
import { messageOf } from '../../src/errors.ts';
import type { Catalogue } from './catalogue.ts';
import { storePackage } from './packages.ts';
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
  readonly #running = new Map<Sha256, Promise<boolean>>();

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

  /** Takes in what somebody asks for, if it is on this host. Never rejects. Those who ask at once wait for one reading. */
  offer(sha256: Sha256): Promise<boolean> {
    const running = this.#running.get(sha256);
    if (running !== undefined) return running;
    const taking = this.#take(sha256)
      .catch((error: unknown) => {
        this.#ports.log.warn(
          { sha256, error: messageOf(error) },
          'a file of this host could not be taken in',
        );
        return false;
      })
      .finally(() => this.#running.delete(sha256));
    this.#running.set(sha256, taking);
    return taking;
  }

  /** A file of the store is gone, by nobody's wish: what cannot be taken in again is told to the core. Never rejects. */
  async mend(sha256: Sha256): Promise<void> {
    const isBack = await this.offer(sha256);
    if (isBack) return;
    const { core, push } = this.#ports;
    for (const { planId, task } of this.#catalogue.find(sha256)) {
      if (task === undefined || core.viewFile(planId, task)?.isHere !== true) continue;
      push({ kind: 'fileGone', planId, task });
    }
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
