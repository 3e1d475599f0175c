import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { wrapDatabase } from '../../src/store/database.ts';

const diskError = (): Error =>
  Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 1034, errstr: '' });

describe('write', () => {
  it('refuses everything after the disk failed once: what the kernel holds may not be on the disk', () => {
    const db = wrapDatabase(new DatabaseSync(':memory:'), 'x.db', () => undefined);
    db.write(() => db.prepare('CREATE TABLE t (a TEXT)').run());
    const failing = () =>
      db.write(() => {
        throw diskError();
      });
    expect(failing).toThrow(expect.objectContaining({ code: 'STORE_IO' }));
    expect(() => db.write(() => db.prepare("INSERT INTO t VALUES ('x')").run())).toThrow(
      expect.objectContaining({ code: 'STORE_IO' }),
    );
    expect(db.read(() => db.prepare('SELECT * FROM t').all())).toEqual([]);
  });

  it('inside a write is part of it', () => {
    const db = wrapDatabase(new DatabaseSync(':memory:'), 'x.db', () => undefined);
    db.write(() => db.prepare('CREATE TABLE t (a TEXT)').run());
    const insert = db.prepare('INSERT INTO t VALUES (?)');
    expect(() =>
      db.write(() => {
        db.write(() => insert.run('inner'));
        throw new Error('outer');
      }),
    ).toThrow('outer');
    expect(db.prepare('SELECT * FROM t').all()).toEqual([]);
  });
});
