import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import type { Database } from './database.ts';
import { RowReader } from './row.ts';
import { damagedStore } from './sqlError.ts';

/** A file or directory with one content, numbered. */
export interface StoredState {
  readonly id: number;
  readonly path: string;
  readonly digest: string;
}

/** What a scan gave for one place of the tree: a cut of a piece, and the packed numbers of the states it hangs on. */
export interface StoredAnswer {
  readonly place: string;
  readonly piece: number;
  readonly start: number;
  readonly length: number;
  readonly proof: Uint8Array;
}

/** A digest that holds for as long as the file looks the same. */
export interface StoredDigest {
  readonly path: string;
  readonly look: string;
  readonly digest: string;
}

export interface ScanAnswers {
  /** Number of the identity. */
  readonly identity: number;
  readonly answers: readonly StoredAnswer[];
  readonly states: readonly StoredState[];
}

/** What one batch of a scan gave. */
export interface NewAnswers {
  readonly identity: number;
  /** The texts of the answers, one after the other. */
  readonly text: Uint8Array;
  readonly answers: readonly Omit<StoredAnswer, 'piece'>[];
  readonly states: readonly StoredState[];
  readonly digests: readonly StoredDigest[];
}

export interface ScanCacheTable {
  /** What earlier scans of this identity gave; notes that it is used. */
  openAnswers(identity: string, nowMs: number): ScanAnswers;
  fileDigests(): readonly StoredDigest[];
  keepFileDigests(digests: readonly StoredDigest[]): void;
  /** The unpacked text of a piece. Throws `BulkmeshError` STORE_DAMAGED when it is not there or broken. */
  readPiece(piece: number): Uint8Array;
  /** One commit: all of it, or nothing. Gives the number of the piece. */
  keepAnswers(kept: NewAnswers): number;
  dropAnswers(identity: number, places: readonly string[]): void;
  /**
   * Drops identities beyond the `keep` used last, then pieces and states that no answer hangs on any more.
   * `usedStates` reads a proof.
   */
  tidyAnswers(keep: number, usedStates: (proof: Uint8Array) => Iterable<number>): void;
}

const id = z.object({ id: z.number() });

/** What scans gave, by content, for every later one. */
export const makeScanCacheTable = (db: Database): ScanCacheTable => ({
  ...makeReading(db),
  ...makeKeeping(db),
  tidyAnswers: makeTidy(db),
});

const makeReading = (db: Database) => {
  const use = db.prepare(
    `INSERT INTO scan_identities (digest, used_at_ms) VALUES (?, ?)
     ON CONFLICT (digest) DO UPDATE SET used_at_ms = excluded.used_at_ms RETURNING id`,
  );
  const answers = db.prepare(
    'SELECT place, piece, start, length, proof FROM scan_answers WHERE identity = ?',
  );
  const states = db.prepare('SELECT id, path, digest FROM scan_states');
  const digests = db.prepare('SELECT path, look, digest FROM file_digests');
  const piece = db.prepare('SELECT zstd FROM scan_pieces WHERE id = ?');
  for (const statement of [answers, states, digests, piece]) statement.setReturnArrays(true);
  return {
    openAnswers: (digest: string, nowMs: number): ScanAnswers => {
      const identity = id.parse(db.write(() => use.get(digest, nowMs))).id;
      const rows = db.read(() => answers.all(identity));
      return {
        identity,
        answers: db.decodeRows('scan_answers', rows, decodeAnswer),
        states: db.decodeRows(
          'scan_states',
          db.read(() => states.all()),
          decodeState,
        ),
      };
    },
    fileDigests: () =>
      db.decodeRows(
        'file_digests',
        db.read(() => digests.all()),
        decodeDigest,
      ),
    readPiece: (number: number): Uint8Array => {
      const [packed] = db.decodeRows(
        'scan_pieces',
        db.read(() => piece.all(number)),
        (row) => new RowReader(row).bytes('zstd'),
      );
      try {
        return zstdDecompressSync(packed ?? new Uint8Array());
      } catch (error) {
        throw damagedStore(db.file, `piece ${number} of a scan cannot be unpacked`, error);
      }
    },
  };
};

const makeKeeping = (db: Database) => {
  const addPiece = db.prepare('INSERT INTO scan_pieces (zstd) VALUES (?) RETURNING id');
  const addAnswer = db.prepare('INSERT OR REPLACE INTO scan_answers VALUES (?, ?, ?, ?, ?, ?)');
  const addState = db.prepare('INSERT OR REPLACE INTO scan_states VALUES (?, ?, ?)');
  const addDigest = db.prepare('INSERT OR REPLACE INTO file_digests VALUES (?, ?, ?)');
  const drop = db.prepare('DELETE FROM scan_answers WHERE identity = ? AND place = ?');
  const keepDigests = (digests: readonly StoredDigest[]): void => {
    for (const { path, look, digest } of digests) addDigest.run(path, look, digest);
  };
  return {
    keepFileDigests: (digests: readonly StoredDigest[]) => {
      if (digests.length > 0) db.write(() => keepDigests(digests));
    },
    keepAnswers: ({ identity, text, answers, states, digests }: NewAnswers): number => {
      const packed = zstdCompressSync(text);
      return db.write(() => {
        const piece = id.parse(addPiece.get(packed)).id;
        for (const state of states) addState.run(state.id, state.path, state.digest);
        keepDigests(digests);
        for (const { place, start, length, proof } of answers) {
          addAnswer.run(identity, place, piece, start, length, proof);
        }
        return piece;
      });
    },
    dropAnswers: (identity: number, places: readonly string[]) => {
      if (places.length === 0) return;
      db.write(() => {
        for (const place of places) drop.run(identity, place);
      });
    },
  };
};

const makeTidy = (db: Database): ScanCacheTable['tidyAnswers'] => {
  const dropIdentities = db.prepare(
    `DELETE FROM scan_identities WHERE id NOT IN
     (SELECT id FROM scan_identities ORDER BY used_at_ms DESC, id DESC LIMIT ?)`,
  );
  const dropPieces = db.prepare('DELETE FROM scan_pieces WHERE id NOT IN (SELECT piece FROM scan_answers)');
  const proofs = db.prepare('SELECT proof FROM scan_answers');
  const states = db.prepare('SELECT id, path, digest FROM scan_states');
  const dropState = db.prepare('DELETE FROM scan_states WHERE id = ?');
  const dropDigest = db.prepare('DELETE FROM file_digests WHERE path = ?');
  for (const statement of [proofs, states]) statement.setReturnArrays(true);
  return (keep, usedStates) =>
    db.write(() => {
      dropIdentities.run(keep);
      dropPieces.run();
      const used = new Set<number>();
      const rows = db.decodeRows('scan_answers', proofs.all(), (row) => new RowReader(row).bytes('proof'));
      for (const proof of rows) for (const state of usedStates(proof)) used.add(state);
      const known = db.decodeRows('scan_states', states.all(), decodeState);
      const unused = known.filter((state) => !used.has(state.id));
      const paths = new Set(known.filter((state) => used.has(state.id)).map(({ path }) => path));
      for (const state of unused) {
        dropState.run(state.id);
        if (!paths.has(state.path)) dropDigest.run(state.path);
      }
    });
};

const decodeAnswer = (row: unknown): StoredAnswer => {
  const reader = new RowReader(row);
  return {
    place: reader.text('place'),
    piece: reader.number('piece'),
    start: reader.number('start'),
    length: reader.number('length'),
    proof: reader.bytes('proof'),
  };
};

const decodeState = (row: unknown): StoredState => {
  const reader = new RowReader(row);
  return { id: reader.number('id'), path: reader.text('path'), digest: reader.text('digest') };
};

const decodeDigest = (row: unknown): StoredDigest => {
  const reader = new RowReader(row);
  return { path: reader.text('path'), look: reader.text('look'), digest: reader.text('digest') };
};
