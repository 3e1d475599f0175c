import { customAlphabet } from 'nanoid';
import { z } from 'zod';
import { hostId, type Life } from '../core/ids.ts';
import type { Database } from './database.ts';
import { damagedStore } from './sqlError.ts';

/**
 * nanoid's length with letters and digits only: 125 bits, and safe as a file name, which its own alphabet
 * with a leading `-` would not be.
 */
const makeHostId = customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 21);

/** Not kept: of two copies of a state directory each has its own. */
const makeBoot = customAlphabet('abcdefghijklmnopqrstuvwxyz', 8);

const hostRow = z.object({
  hostId: z.string().regex(/^[0-9A-Za-z]{21}$/),
  incarnation: z.int().min(1),
  ballotN: z.int().min(0),
});

/** A start of the agent, and what earlier ones knew of ballots: the highest number. */
interface Beginning {
  readonly life: Life;
  readonly ballotN: number;
}

/**
 * Begins a new life: makes the host's id at the first start ever, adds one to the incarnation, and returns
 * when both are on the disk.
 * @throws {BulkmeshError} STORE_DAMAGED when the stored identity makes no sense.
 */
export const beginLife = (db: Database): Beginning => {
  const insert = db.prepare(
    'INSERT INTO host (one, host_id, incarnation) VALUES (1, ?, 0) ON CONFLICT DO NOTHING',
  );
  const advance = db.prepare(
    `UPDATE host SET incarnation = incarnation + 1
     RETURNING host_id AS hostId, incarnation, ballot_n AS ballotN`,
  );
  const row = db.write(() => {
    insert.run(makeHostId());
    return advance.get();
  });
  const checked = hostRow.safeParse(row);
  if (!checked.success) throw damagedStore(db.file, 'the identity of the host is malformed');
  const { hostId: host, incarnation, ballotN } = checked.data;
  return { life: { host: hostId(host), incarnation, boot: makeBoot() }, ballotN };
};
