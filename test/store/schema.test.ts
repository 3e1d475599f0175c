import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { type Migration, migrate, migrations } from '../../src/store/schema.ts';

const version = (sql: DatabaseSync): unknown => Object(sql.prepare('PRAGMA user_version').get()).user_version;

const twoSteps: readonly Migration[] = [
  { version: 1, sql: 'CREATE TABLE notes (text TEXT) STRICT;' },
  { version: 2, sql: "ALTER TABLE notes ADD COLUMN author TEXT NOT NULL DEFAULT 'nobody';" },
];

describe('migrate', () => {
  it('brings an older file to the present format with what it holds', () => {
    const sql = new DatabaseSync(':memory:');
    migrate(sql, 'x.db', twoSteps.slice(0, 1));
    sql.exec("INSERT INTO notes VALUES ('kept')");
    migrate(sql, 'x.db', twoSteps);
    expect({ ...sql.prepare('SELECT * FROM notes').get() }).toEqual({ text: 'kept', author: 'nobody' });
    expect(version(sql)).toBe(2);
  });

  it('leaves a whole older version when a step fails', () => {
    const sql = new DatabaseSync(':memory:');
    const broken = {
      version: 2,
      sql: 'CREATE TABLE half (a TEXT) STRICT; CREATE TABLE notes (b TEXT) STRICT;',
    };
    migrate(sql, 'x.db', twoSteps.slice(0, 1));
    expect(() => migrate(sql, 'x.db', [...twoSteps.slice(0, 1), broken])).toThrow();
    sql.exec('ROLLBACK');
    expect(version(sql)).toBe(1);
    expect(sql.prepare("SELECT name FROM sqlite_schema WHERE name = 'half'").get()).toBeUndefined();
  });

  it('has versions that are dense from 1', () => {
    expect(migrations.map((step) => step.version)).toEqual(migrations.map((_, index) => index + 1));
  });
});
