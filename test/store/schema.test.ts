import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { planId } from '../../src/core/ids.ts';
import { openStore } from '../../src/store/open.ts';
import { type Migration, migrate, migrations } from '../../src/store/schema.ts';
import { useScratch } from './scratch.ts';

const version = (sql: DatabaseSync): unknown => Object(sql.prepare('PRAGMA user_version').get()).user_version;

const twoSteps: readonly Migration[] = [
  { version: 1, sql: 'CREATE TABLE notes (text TEXT) STRICT;' },
  { version: 2, sql: "ALTER TABLE notes ADD COLUMN author TEXT NOT NULL DEFAULT 'nobody';" },
];

describe('the journal', () => {
  const scratch = useScratch();

  it('takes over the facts of an older file, numbered anew in each plan, and its runs and attempts', () => {
    const directory = scratch();
    const sql = new DatabaseSync(join(directory, 'bulkmesh.db'));
    migrate(sql, 'x.db', migrations.slice(0, 3));
    const outcome = JSON.stringify({ kind: 'built', digest: 'sha256:0', sizeBytes: 1 });
    const add = sql.prepare(
      `INSERT INTO facts VALUES ('h1', ?, ?, ?, ?, ?, '${outcome}', 'build-1', 1, 2, 3, 4, '[]', 5, 6)`,
    );
    add.run(1, 1, 'p1', 'a', '1.4@h1');
    add.run(1, 2, 'p2', 'b', '1.5@h1');
    add.run(1, 3, 'p1', 'c', '1.16@h1');
    add.run(2, 9, 'p1', 'd', '2.1@h1');
    sql.exec("INSERT INTO runs VALUES ('2.7@h1', 'p1', 'e', 'build-1', 2, 1)");
    sql.exec(
      `INSERT INTO attempts (plan_id, task, token, slot, trouble, detail, started_at_ms, ended_at_ms)
       VALUES ('p1', 'e', '2.6@h1', 'build-1', 'killed', 'x', 1, 2)`,
    );
    sql.close();
    chmodSync(join(directory, 'bulkmesh.db'), 0o600);
    const store = openStore(directory);
    const told = store.entriesOf(planId('p1')).map(({ origin, seq, task, token }) => ({
      ...{ incarnation: origin.incarnation, boot: origin.boot },
      ...{ seq, task, token },
    }));
    expect(told).toEqual([
      { incarnation: 1, boot: '', seq: 1, task: 'a', token: '0.1..4.0@h1' },
      { incarnation: 1, boot: '', seq: 2, task: 'c', token: '0.1..16.0@h1' },
      { incarnation: 2, boot: '', seq: 1, task: 'd', token: '0.2..1.0@h1' },
    ]);
    expect(store.entriesOf(planId('p2')).map(({ seq }) => seq)).toEqual([1]);
    expect(store.openRuns().map(({ token }) => token)).toEqual(['0.2..7.0@h1']);
    expect(store.attemptsOf(planId('p1')).map(({ token }) => token)).toEqual(['0.2..6.0@h1']);
    expect(store.badRows()).toBe(0);
    store.close();
  });
});

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
